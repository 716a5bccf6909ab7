"""Models: cards of what each makes; and the page of one with its card, its versions and how good it is."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, json, render_template, request

from shared import library, views
from shared.catalogue import get_family
from shared.errors import NotFound
from shared.files import version_artifacts
from shared.library import Version
from web import captions, words
from web.charts import chart, series
from web.context import OWNER, services
from web.pages.showcase import model_cards
from web.references import find_version
from web.texts import _
from web.words import duration, figure

blueprint = Blueprint("models", __name__)
WORKS = 24


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
        **(_shown(version) if version else {}),
    )


def _shown(version: Version) -> dict[str, Any]:
    db = services().db
    files = version_artifacts(db, version.id, ("sample", "grid", "weights"))
    sheets = [file for file in files if file.role in ("sample", "grid") and file.width]
    weights = [file for file in files if file.role == "weights"]
    history = [
        (int(entry.get("step", 0)), entry)
        for entry in version.card.get("history", [])
        if isinstance(entry, dict)
    ]
    metrics = version.card.get("metrics", {})
    floor = metrics.get("kid_lite1_floor")
    return {
        "sheet": sheets[-1] if sheets else None,
        "weights": weights[0] if weights else None,
        "facts": facts(version),
        "scores": chart(
            [series(history, "kid_lite1", "KID-lite", "k")],
            floor=floor if isinstance(floor, int | float) else None,
            zero=True,
            step_label=lambda step: _("step %(step)s", step=int(step)),
        ),
        "recipe": json.dumps(version.card.get("recipe", {}), indent=2, sort_keys=True, ensure_ascii=False),
        "operations": _operations(version),
    }


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
        seen = dataset.get("trained_on", dataset.get("pictures", "?"))
        rows.append((_("Trained on"), _("%(name)s, %(n)s works", name=dataset.get("name", "?"), n=seen)))
    if "kimg" in training:
        rows.append((_("Training"), _training(training)))
    if card.get("classes"):
        rows.append((_("Classes"), ", ".join(map(str, card["classes"][:12]))))
    if "resolution" in version.config:
        rows.append((_("Resolution"), f"{version.config['resolution']} px"))
    return rows


def _training(training: Mapping[str, Any]) -> str:
    shown = _("%(kimg)s kimg", kimg=figure(float(training["kimg"])))
    if isinstance(training.get("seconds"), int | float):
        shown += " · " + duration(float(training["seconds"]))
    return shown + (f" · {training['device']}" if training.get("device") else "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _operations(version: Version) -> list[tuple[str, str]]:
    try:
        family = get_family(services().db, version.family)
    except NotFound:
        return []
    return [
        (operation.name, _(operation.title))
        for operation in family.operations
        if operation.needs == "version"
    ]
