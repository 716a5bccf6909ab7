"""The one batch shape of a version on a type of device: whoever records it first decides for all."""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from shared.database import Database, now
from shared.tables import batch_shapes


def known(db: Database, version_id: str, device: str) -> int | None:
    """The shape that was decided, if one was."""
    query = select(batch_shapes.c.shape).where(
        batch_shapes.c.version_id == version_id, batch_shapes.c.device == device
    )
    with db.read() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else int(found)


def decide(db: Database, version_id: str, device: str, shape: int, measured: dict[str, Any]) -> int:
    """Record ``shape`` with what was measured unless there is one already; gives the one that counts."""
    row = {"version_id": version_id, "device": device, "shape": shape, "measured": measured}
    try:
        with db.begin() as connection:
            connection.execute(insert(batch_shapes).values(**row, created_at=now()))
    except IntegrityError:
        # Another worker was first. No row is ever changed or deleted, so it is there.
        decided = known(db, version_id, device)
        if decided is None:
            raise
        return decided
    return shape
