"""The works, files, data sets and versions that a form offers to start from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared import library, views
from shared.catalogue import list_families
from shared.datasets import list_datasets
from shared.errors import NotFound
from shared.files import UPLOAD, get_artifact
from shared.library import Version
from shared.media import MEDIA
from shared.views import Work
from web import captions
from web.context import OWNER, services
from web.forms import Choice, Field
from web.references import Wanted, serves, usable
from web.words import ago, works

#: Most works to choose from, and most versions of one model.
TO_CHOOSE, EACH = 40, 4


def choices(version: Version | None, chosen: str, wanted: Wanted, most: int = TO_CHOOSE) -> list[Choice]:
    """The latest works that a field can take, the chosen work or file before all others.

    They are the version's own, or anybody's where the field says by the media type what it takes.
    """
    made_by = None if wanted.accept or version is None else version.id
    rows = views.works_page(
        services().db,
        OWNER,
        version_id=made_by,
        beside=wanted.role,
        media=wanted.accept,
        limit=most,
    )
    others = _hung([row for row in rows if row.artifact.id != chosen], version)
    return [*_chosen(chosen, version, wanted), *others]


def named_things(fields: Sequence[Field], schema: Mapping[str, Any], media: str = "") -> list[Field]:
    """``fields`` in which those that name a data set or a version have them to choose from, newest first.

    They are of the kinds of works that the field says, else of ``media`` where that is a kind.
    """
    filled = []
    for field in fields:
        wanted = schema["properties"][field.name]
        if field.kind == "version":
            field = replace(field, choices=tuple(versions(wanted, str(field.value or ""), media)))
        elif field.kind == "dataset":
            field = replace(field, choices=tuple(_datasets(wanted, str(field.value or ""), media)))
        filled.append(field)
    return filled


def versions(wanted: Mapping[str, Any], chosen: str, media: str = "") -> list[Choice]:
    """The versions that a field of format version takes, with their models' titles."""
    if media in MEDIA and "x-media" not in wanted:
        wanted = {**wanted, "x-media": [media]}
    families = {family.name: family for family in list_families(services().db)}
    found: list[tuple[float, Choice]] = []
    for model in library.list_models(services().db):
        family = families.get(model.family)
        if family is None or not serves(wanted, family):
            continue
        rows = library.list_versions(services().db, model.id)
        for row in [*rows[:EACH], *(row for row in rows[EACH:] if row.id == chosen)]:
            title = f"{model.title} · {row.id[:8]} · {ago(row.created_at)}"
            found.append((row.created_at, Choice(row.id, title, row.id == chosen)))
    return [choice for _, choice in sorted(found, key=lambda one: -one[0])]


def _datasets(wanted: Mapping[str, Any], chosen: str, known: str) -> list[Choice]:
    media = wanted.get("x-media") or ([known] if known in MEDIA else [])
    return [
        Choice(row.id, f"{row.name} · {works(row.item_count)}", row.id == chosen)
        for row in list_datasets(services().db, OWNER)
        if not media or row.media in media
    ]


def _chosen(identifier: str, version: Version | None, wanted: Wanted) -> list[Choice]:
    """What was chosen, when the field can take it."""
    try:
        artifact = get_artifact(services().db, identifier, OWNER)
    except NotFound:
        return []
    if not usable(artifact, wanted):
        return []
    hung = _hung(views.works_page(services().db, OWNER, only=artifact.id), version)
    if hung:
        return [replace(hung[0], chosen=True)]
    seen = artifact.media_type.startswith("image/") and artifact.role != UPLOAD
    return [Choice(artifact.id, artifact.name, True, artifact.id if seen else "", artifact.name)]


def _hung(rows: Sequence[Work], version: Version | None) -> list[Choice]:
    """Works as choices; those of another model have its title in their caption."""
    titles = views.model_titles(services().db, {work.model_id for work in rows if work.model_id})
    if version is not None:
        titles.pop(version.model_id, None)
    found = []
    for work, hung in zip(rows, captions.hang(rows), strict=True):
        told = [titles[work.model_id]] if work.model_id in titles else []
        caption = " · ".join([*told, hung.caption])
        found.append(Choice(hung.id, hung.alt, False, hung.thumbnail, caption))
    return found
