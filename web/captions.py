"""What stands under a work, and what it is called for those who cannot see it: both made from its recipe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.files import Artifact
from shared.views import Work, model_titles
from web.context import services
from web.texts import _

#: Names under which families call their truncation.
_PSI = ("truncation", "psi", "truncation_psi")


@dataclass(frozen=True, slots=True)
class Hung:
    """A work as it hangs on a wall."""

    id: str
    thumbnail: str
    caption: str
    alt: str


def hang(works: Sequence[Work]) -> list[Hung]:
    """Works ready to be shown."""
    titles = model_titles(services().db, {work.model_id for work in works if work.model_id})
    return [
        one(work.artifact, work.thumbnail_id, titles.get(work.model_id or "", ""), work.operation)
        for work in works
    ]


def hang_files(
    files: Iterable[Artifact], thumbnails: Mapping[tuple[str, int], str], title: str, operation: str
) -> list[Hung]:
    """The outputs of one job ready to be shown."""
    return [
        one(file, thumbnails.get((file.job_id or "", file.position), file.id), title, operation)
        for file in files
    ]


def one(artifact: Artifact, thumbnail_id: str, title: str, operation: str) -> Hung:
    """One work ready to be shown."""
    recipe = artifact.recipe or {}
    below = caption(str(recipe.get("operation", operation)), recipe.get("input", {}))
    alt = _("Picture made by %(model)s: %(how)s", model=title, how=below) if title else below
    return Hung(artifact.id, thumbnail_id, below, alt)


def caption(operation: str, given: Mapping[str, Any]) -> str:
    """A few words on how a work came about: "seed 11 · ψ 0.8", "mix of two", "walk"."""
    seed = given.get("seed")
    parts = [_("seed %(seed)s", seed=seed)] if seed is not None else []
    if operation == "mix":
        parts = [_("mix of two")]
    elif operation == "interpolate":
        parts = [_("a walk between two")]
    elif operation == "neighbours":
        parts.insert(0, _("variation"))
    label = given.get("class_name")
    if isinstance(label, str) and label:
        parts.append(label)
    psi = next((given[name] for name in _PSI if isinstance(given.get(name), int | float)), None)
    if psi is not None and operation == "generate":
        parts.append(f"ψ {psi:g}")
    return " · ".join(parts) or operation
