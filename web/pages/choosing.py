"""The works and files that a form offers to start from."""

from collections.abc import Sequence
from dataclasses import replace

from shared import views
from shared.errors import NotFound
from shared.files import UPLOAD, get_artifact
from shared.library import Version
from shared.views import Work
from web import captions
from web.context import OWNER, services
from web.forms import Choice
from web.references import Wanted, usable

#: Most works to choose from.
TO_CHOOSE = 40


def choices(version: Version, chosen: str, wanted: Wanted) -> list[Choice]:
    """The latest works that a field can take, the chosen work or file before all others.

    They are the version's own, or anybody's where the field says by the media type what it takes.
    """
    made_by = None if wanted.accept else version.id
    rows = views.works_page(
        services().db,
        OWNER,
        version_id=made_by,
        beside=wanted.role,
        media=wanted.accept,
        limit=TO_CHOOSE,
    )
    others = _hung([row for row in rows if row.artifact.id != chosen], version)
    return [*_chosen(chosen, version, wanted), *others]


def _chosen(identifier: str, version: Version, wanted: Wanted) -> list[Choice]:
    """What was chosen, when the field can take it."""
    try:
        artifact = get_artifact(services().db, identifier, OWNER)
    except NotFound:
        return []
    if not usable(artifact, wanted):
        return []
    works = _hung(views.works_page(services().db, OWNER, only=artifact.id), version)
    if works:
        return [replace(works[0], chosen=True)]
    seen = artifact.media_type.startswith("image/") and artifact.role != UPLOAD
    return [Choice(artifact.id, artifact.name, True, artifact.id if seen else "", artifact.name)]


def _hung(works: Sequence[Work], version: Version) -> list[Choice]:
    """Works as choices; those of another model have its title in their caption."""
    titles = views.model_titles(services().db, {work.model_id for work in works if work.model_id})
    titles.pop(version.model_id, None)
    found = []
    for work, hung in zip(works, captions.hang(works), strict=True):
        told = [titles[work.model_id]] if work.model_id in titles else []
        caption = " · ".join([*told, hung.caption])
        found.append(Choice(hung.id, hung.alt, False, hung.thumbnail, caption))
    return found
