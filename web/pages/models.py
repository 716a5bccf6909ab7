"""Models: cards of what each makes; and the page of one with its card, its versions and how good it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, json, render_template, request, url_for

from shared import library, views
from shared.catalogue import FamilyDescription, get_family
from shared.errors import NotFound
from shared.files import Artifact, version_artifacts
from shared.library import Model, Version
from web import captions, pieces, words
from web.charts import chart, series
from web.context import OWNER, services
from web.pages import untaught
from web.pages.desk import serving
from web.pages.showcase import counted, model_cards
from web.pages.training_charts import Drawn
from web.pieces import Piece
from web.references import find_version
from web.reports import cards
from web.roles import ANALYSER, ANALYZE, MUSE, role
from web.texts import N_, _
from web.words import duration, figure

blueprint = Blueprint("models", __name__)
#: Works made with a version, and pieces that came with it, on its page.
WORKS, SAMPLES = 24, 4
#: What a card's history may tell of each snapshot, and what is said under its chart.
_HISTORIES = (
    ("kid_lite1", "KID-lite", N_("KID-lite over the training; the dotted line is real against real")),
    ("nll_valid", "nll", N_("Nats per note on pieces it never saw, over the training; lower is better")),
)
_NATS: Mapping[str, str] = {
    "nll_valid": N_("On pieces it never saw"),
    "nll_test": N_("On pieces kept for the end"),
}
_COUNTS = ("trained_on", "pictures", "pieces", "item_count", "count")
#: How long a training was, by the first figure that its card tells.
_AMOUNTS: Mapping[str, str] = {
    "kimg": N_("%(n)s kimg"),
    "epochs": N_("%(n)s times through the data set"),
    "epoch": N_("%(n)s times through the data set"),
    "steps": N_("%(n)s steps"),
    "step": N_("%(n)s steps"),
}


@blueprint.get("/models")
def index() -> str:
    """Every model as a card."""
    return render_template("models.html", cards=model_cards())


@blueprint.get("/models/<owner>/<name>")
def page(owner: str, name: str) -> str:
    """One model: its newest version, or the one asked for."""
    db = services().db
    model = library.get_model(db, owner, name)
    versions = library.list_versions(db, model.id)
    asked = request.args.get("version")
    version = find_version(f"{owner}/{name}:{asked}")[0] if asked else (versions[0] if versions else None)
    works = views.works_page(db, OWNER, version_id=version.id, limit=WORKS) if version else []
    return render_template(
        "model.html",
        model=model,
        version=version,
        versions=versions,
        works=captions.hang(works),
        untaught=None if version else untaught.of([model])[model.id],
        **(_shown(model, version) if version else {}),
    )


def _shown(model: Model, version: Version) -> dict[str, Any]:
    db = services().db
    files = version_artifacts(db, version.id, ("sample", "grid", "piece", "weights"))
    sheets = [
        file
        for file in files
        if file.role in ("sample", "grid") and file.width and file.media_type.startswith("image/")
    ]
    weights = [file for file in files if file.role == "weights"]
    return {
        "sheet": sheets[-1] if sheets else None,
        "pieces": _pieces(files),
        "weights": weights[0] if weights else None,
        "facts": _facts(version),
        "judge": cards.judge(version.card),
        "knowledge": cards.knowledge(version.card),
        "scores": _scores(version),
        "recipe": json.dumps(version.card.get("recipe", {}), indent=2, sort_keys=True, ensure_ascii=False),
        "operations": _operations(model, version),
    }


def _pieces(files: Sequence[Artifact]) -> list[Piece]:
    """The pieces that came with a version."""
    found = [file for file in files if file.media_type == pieces.PIECE and file.job_id is not None]
    around = pieces.beside(file.job_id for file in found if file.job_id) if found else {}
    played = [
        pieces.of(file, file.name, around.get((file.job_id or "", file.position), {})) for file in found
    ]
    return [piece for piece in played if piece is not None][:SAMPLES]


def _scores(version: Version) -> Drawn | None:
    """How good each snapshot of its training was."""
    history = [
        (int(entry.get("step", 0)), entry)
        for entry in version.card.get("history", [])
        if isinstance(entry, dict)
    ]
    floor = _mapping(version.card.get("metrics")).get("kid_lite1_floor")
    for name, label, said in _HISTORIES:
        drawn = chart(
            [series(history, name, label, "k")],
            floor=floor if isinstance(floor, int | float) else None,
            zero=name == "kid_lite1",
            step_label=lambda step: _("step %(step)s", step=int(step)),
        )
        if drawn is not None:
            return Drawn(label, drawn, _(said))
    return None


def _facts(version: Version) -> list[tuple[str, str]]:
    """The card's figures; those that make no works have a card of their own kind."""
    own = cards.judge(version.card) or cards.knowledge(version.card)
    return facts(version) if own is None else own.facts


def facts(version: Version) -> list[tuple[str, str]]:
    """The card's figures, each beside what it should be compared with."""
    card = version.card
    metrics = _mapping(card.get("metrics"))
    dataset = _mapping(card.get("dataset"))
    training = _mapping(card.get("training"))
    rows: list[tuple[str, str]] = []
    if "kid_lite1" in metrics:
        against = figure(metrics["kid_lite1_floor"]) if "kid_lite1_floor" in metrics else "?"
        score = figure(metrics["kid_lite1"])
        rows.append(("KID-lite", _("%(score)s ↓ (real against real %(floor)s)", score=score, floor=against)))
    for name, title in _NATS.items():
        if isinstance(metrics.get(name), int | float):
            rows.append((_(title), _("%(score)s nats a note ↓", score=figure(float(metrics[name])))))
    if isinstance(metrics.get("perplexity"), int | float):
        rows.append((_("Perplexity"), figure(float(metrics["perplexity"]))))
    if "spread_share" in metrics:
        share = words.share(float(metrics["spread_share"]))
        rows.append((_("Diversity"), _("%(share)s of the spread of real works", share=share)))
    if "nearest_share" in metrics:
        rows.append(
            (
                _("Distance to training works"),
                _("%(x)s (unseen works 1.00)", x=figure(metrics["nearest_share"])),
            )
        )
    if dataset:
        seen = next((dataset[name] for name in _COUNTS if isinstance(dataset.get(name), int)), None)
        told = [str(dataset.get("name", "?"))] + ([] if seen is None else [counted(version, seen)])
        rest = dataset.get("held_out")
        if seen is not None and isinstance(rest, int) and rest > 0:
            # So that the data set's own count, which is told elsewhere, is seen to be the sum of both.
            told.append(_("%(count)s more kept back to test with", count=rest))
        rows.append((_("Trained on"), ", ".join(told)))
    if training:
        rows.append((_("Training"), _training(training)))
    if card.get("classes"):
        rows.append((_("Classes"), ", ".join(map(str, card["classes"][:12]))))
    if "resolution" in version.config:
        rows.append((_("Resolution"), f"{version.config['resolution']} px"))
    return rows


def _training(training: Mapping[str, Any]) -> str:
    shown = []
    for name, text in _AMOUNTS.items():
        if isinstance(training.get(name), int | float):
            shown.append(_(text, n=figure(training[name])))
            break
    if isinstance(training.get("seconds"), int | float):
        shown.append(duration(float(training["seconds"])))
    return " · ".join([*shown, str(training["device"])] if training.get("device") else shown)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _operations(model: Model, version: Version) -> list[tuple[str, str]]:
    """What can be done with it: the title of each operation, and the form that asks for it."""
    try:
        family = get_family(services().db, version.family)
    except NotFound:
        return []
    return [
        (_(operation.title), _form(family, model, version, operation.name)) for operation in serving(family)
    ]


def _form(family: FamilyDescription, model: Model, version: Version, operation: str) -> str:
    purpose = role(family)
    if purpose == ANALYSER and operation == ANALYZE:
        return url_for("analyze.index", analyser=version.id)
    if purpose == MUSE:
        return url_for("muse.index", version=version.id, operation=operation)
    return url_for("create.index", model=model.name, version=version.id, operation=operation)
