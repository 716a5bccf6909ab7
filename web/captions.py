"""What stands under a work, and what it is called for those who cannot see it: both made from its recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import NotFound
from shared.files import Artifact
from shared.views import Work, model_titles
from web import pieces
from web.context import services
from web.pieces import Siblings
from web.texts import N_, _
from web.words import bars, key

#: Names under which families call their truncation.
_PSI = ("truncation", "psi", "truncation_psi")
#: What a piece is called by the operation that made it; another operation is called by its own name.
_MADE: Mapping[str, str] = {
    "generate": N_("compose"),
    "continue": N_("continuation"),
    "harmonise": N_("harmony"),
    "inpaint": N_("bars anew"),
    "variations": N_("variation"),
    "interpolate": N_("bridge"),
    "analyze": N_("analysis"),
    "survey": N_("survey"),
    "evaluate": N_("evaluation"),
    "inspire": N_("inspiration"),
    "advise": N_("advice"),
}
#: Operations that tell something about works and make none.
_TOLD = frozenset({"analyze", "survey", "evaluate", "inspire", "advise"})


@dataclass(frozen=True, slots=True)
class Hung:
    """A work as it hangs on a wall; ``thumbnail`` and ``audio`` are ids, empty where there is none.

    ``kind`` is picture, piece, report or file.
    """

    id: str
    thumbnail: str
    caption: str
    alt: str
    kind: str = "picture"
    audio: str = ""


def hang(works: Sequence[Work]) -> list[Hung]:
    """Works ready to be shown."""
    titles = model_titles(services().db, {work.model_id for work in works if work.model_id})
    around = pieces.beside(work.artifact.job_id for work in works if work.artifact.job_id)
    return [
        one(
            work.artifact,
            around.get((work.artifact.job_id or "", work.artifact.position), {}),
            _maker(work) or titles.get(work.model_id or "", ""),
            work.operation,
        )
        for work in works
    ]


def _maker(work: Work) -> str:
    """The title of the model that made a work which another one only asked for; empty otherwise."""
    version_id = (work.artifact.recipe or {}).get("version")
    if not isinstance(version_id, str) or version_id == work.version_id:
        return ""
    try:
        moment = services().moment
        return moment.model(moment.version(version_id).model_id).title
    except NotFound:
        return ""


def hang_files(files: Sequence[Artifact], title: str, operation: str) -> list[Hung]:
    """The outputs of one job ready to be shown."""
    around = pieces.beside(file.job_id for file in files if file.job_id)
    return [one(file, around.get((file.job_id or "", file.position), {}), title, operation) for file in files]


def one(artifact: Artifact, around: Siblings, title: str, operation: str) -> Hung:
    """One work ready to be shown, with what stands ``around`` it."""
    recipe = artifact.recipe or {}
    kind = kind_of(artifact)
    below = caption(str(recipe.get("operation", operation)), recipe.get("input", {}), artifact.meta)
    small = artifact.id if kind == "picture" else ""
    return Hung(
        artifact.id,
        around["thumbnail"].id if "thumbnail" in around else small,
        below,
        _alt(kind, title, below),
        kind,
        around["audio"].id if "audio" in around else "",
    )


def kind_of(artifact: Artifact) -> str:
    """What a file is to those who look at it: picture, piece, report or file."""
    if artifact.media_type.startswith("image/"):
        return "picture"
    return {pieces.PIECE: "piece", pieces.REPORT: "report"}.get(artifact.media_type, "file")


def caption(operation: str, given: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> str:
    """A few words on how a work came about: "seed 11 · ψ 0.8", "compose · 16 bars · G minor"."""
    heard = _heard(meta or {})
    seed = given.get("seed")
    parts = [_("seed %(seed)s", seed=seed)] if seed is not None else []
    if operation == "mix":
        parts = [_("mix of two")]
    elif operation == "interpolate" and not heard:
        parts = [_("a walk between two")]
    elif operation == "neighbours":
        parts.insert(0, _("variation"))
    elif heard or operation in _TOLD:
        parts = [_(_MADE.get(operation, operation)), *heard, *parts]
    label = given.get("class_name")
    if isinstance(label, str) and label:
        parts.append(label)
    psi = next((given[name] for name in _PSI if isinstance(given.get(name), int | float)), None)
    if psi is not None and operation == "generate":
        parts.append(f"ψ {psi:g}")
    return " · ".join(parts) or operation


def _heard(meta: Mapping[str, Any]) -> list[str]:
    """What tells one piece of music from another at a glance: its length and its key."""
    count, name = meta.get("bars"), meta.get("key")
    found = [bars(count)] if isinstance(count, int) and not isinstance(count, bool) else []
    return found + ([key(name)] if isinstance(name, str) and name else [])


def _alt(kind: str, title: str, below: str) -> str:
    if not title:
        return below
    if kind == "picture":
        return _("Picture made by %(model)s: %(how)s", model=title, how=below)
    if kind == "piece":
        return _("Piano roll of a piece by %(model)s: %(how)s", model=title, how=below)
    return _("Made by %(model)s: %(how)s", model=title, how=below)
