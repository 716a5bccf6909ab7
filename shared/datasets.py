"""Data sets: collected works, their labels, and what was refused."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from shared.database import Database, now
from shared.errors import NotFound
from shared.files import insert_artifact
from shared.ids import new_id
from shared.records import NewDataset
from shared.tables import artifacts, dataset_items, datasets

#: In the ``meta`` of a work: the id of its small copy, where no job holds the two together.
THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A collection, immutable; ``hash`` is that of its manifest, ``report`` tells what was refused."""

    id: str
    owner_id: str
    name: str
    media: str
    hash: str
    item_count: int
    report: dict[str, Any]
    job_id: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Item:
    """One work of a data set. ``hash`` names its file in the store."""

    position: int
    artifact_id: str
    hash: str
    name: str
    media_type: str
    width: int | None
    height: int | None
    labels: dict[str, str]
    meta: dict[str, Any]


def insert_dataset(connection: Connection, new: NewDataset, *, owner_id: str, job_id: str | None) -> str:
    """Insert a data set with its items inside a transaction and give its id."""
    identifier = new_id()
    connection.execute(
        insert(datasets).values(
            id=identifier,
            owner_id=owner_id,
            name=new.name,
            media=new.media,
            hash=new.hash,
            item_count=len(new.items),
            report=dict(new.report),
            job_id=job_id,
            created_at=now(),
        )
    )
    rows = [
        {
            "dataset_id": identifier,
            "position": position,
            "artifact_id": insert_artifact(connection, item.artifact, owner_id=owner_id, job_id=job_id),
            "name": item.name,
            "labels": dict(item.labels),
            "meta": dict(item.meta),
        }
        for position, item in enumerate(new.items)
    ]
    connection.execute(insert(dataset_items), rows)
    return identifier


def get_dataset(db: Database, dataset_id: str, owner_id: str) -> Dataset:
    """The data set with that id. Raises NotFound, also for another owner's."""
    with db.read() as connection:
        row = connection.execute(
            select(datasets).where(datasets.c.id == dataset_id, datasets.c.owner_id == owner_id)
        ).one_or_none()
    if row is None:
        raise NotFound(f"there is no data set {dataset_id}", field="dataset")
    return _dataset(row)


def list_datasets(db: Database, owner_id: str) -> list[Dataset]:
    """An owner's data sets, the newest first."""
    with db.read() as connection:
        rows = connection.execute(
            select(datasets)
            .where(datasets.c.owner_id == owner_id)
            .order_by(datasets.c.created_at.desc(), datasets.c.id.desc())
        ).all()
    return [_dataset(row) for row in rows]


def list_items(db: Database, dataset_id: str, *, after: int = -1, limit: int | None = None) -> list[Item]:
    """The works of a data set in order, from the one behind position ``after``."""
    with db.read() as connection:
        rows = connection.execute(
            select(
                dataset_items.c.position,
                dataset_items.c.artifact_id,
                dataset_items.c.name,
                dataset_items.c.labels,
                dataset_items.c.meta,
                artifacts.c.hash,
                artifacts.c.media_type,
                artifacts.c.width,
                artifacts.c.height,
            )
            .join(artifacts, artifacts.c.id == dataset_items.c.artifact_id)
            .where(dataset_items.c.dataset_id == dataset_id, dataset_items.c.position > after)
            .order_by(dataset_items.c.position)
            .limit(limit)
        ).all()
    return [Item(**{field.name: row._mapping[field.name] for field in fields(Item)}) for row in rows]


def delete_dataset(db: Database, dataset_id: str, owner_id: str) -> None:
    """Forget a data set; versions trained from it keep its hash. Raises NotFound."""
    get_dataset(db, dataset_id, owner_id)
    with db.begin() as connection:
        connection.execute(delete(dataset_items).where(dataset_items.c.dataset_id == dataset_id))
        connection.execute(delete(datasets).where(datasets.c.id == dataset_id))


def _dataset(row: Row[Any]) -> Dataset:
    return Dataset(**{field.name: row._mapping[field.name] for field in fields(Dataset)})
