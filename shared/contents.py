"""Works by their content: what a report names by hash is found again in the gallery or in a data set."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, select

from shared.database import Database
from shared.datasets import THUMBNAIL
from shared.files import Artifact
from shared.tables import artifacts, dataset_items
from shared.views import thumbnails

#: Roles of works: made here, or brought in a data set. A file that was only sent is nobody's to see again.
_ROLES = ("output", "item")
_COLUMNS = tuple(artifacts.c[field.name] for field in fields(Artifact))


@dataclass(frozen=True, slots=True)
class Found:
    """A work with that content; ``dataset_id`` is that of the data set it stands in, None for one made here.

    ``thumbnail_id`` is its small copy; empty for what has none and is no picture.
    """

    artifact: Artifact
    dataset_id: str | None
    thumbnail_id: str


def works_by_content(db: Database, hashes: Iterable[str], owner_id: str) -> dict[str, Found]:
    """The owner's works by the SHA-256 of their files; one made here goes before one of a data set."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    places = (
        dataset_items.c.dataset_id,
        dataset_items.c.position.label("place"),
        dataset_items.c.meta.label("told"),
    )
    query = (
        select(*_COLUMNS, *places)
        .outerjoin(dataset_items, dataset_items.c.artifact_id == artifacts.c.id)
        .where(artifacts.c.hash.in_(wanted), artifacts.c.owner_id == owner_id, artifacts.c.role.in_(_ROLES))
        .order_by(artifacts.c.role.desc(), artifacts.c.id)
    )
    with db.read() as connection:
        rows = connection.execute(query).all()
    small = thumbnails(db, [row.job_id for row in rows if row.job_id], map(_place, rows))
    found: dict[str, Found] = {}
    for row in rows:
        if row.hash not in found and (row.role == "output" or row.dataset_id is not None):
            found[row.hash] = _found(row, small)
    return found


def _place(row: Row[*tuple[Any, ...]]) -> int:
    """Where the small copy stands: at the work's own place, or at its place in the data set."""
    return int(row.position if row.dataset_id is None else row.place)


def _found(row: Row[*tuple[Any, ...]], small: dict[tuple[str, int], str]) -> Found:
    artifact = Artifact(**{field.name: row._mapping[artifacts.c[field.name]] for field in fields(Artifact)})
    thumbnail = small.get((artifact.job_id or "", _place(row))) or (row.told or {}).get(THUMBNAIL)
    seen = artifact.id if artifact.media_type.startswith("image/") else ""
    return Found(artifact, row.dataset_id, thumbnail or seen)
