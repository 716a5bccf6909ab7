"""Which parts of the starter pack were installed: a small report file for each, recorded with the part
itself.

The mark stays when its owner deletes the part, so a deleted data set does not come back at the next start.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select, text

from shared.artifacts import Store
from shared.database import Database
from shared.files import insert_artifact
from shared.migrate import OWNER
from shared.records import NewArtifact
from shared.tables import artifacts

ROLE = "report"
PREFIX = "starter/"
# An arbitrary number that every installer agrees on (PostgreSQL advisory lock).
LOCK = 0x57A27E2


def installed(db: Database) -> set[str]:
    """The keys of the parts that are or were there: one index look-up, so that a usual start loses no
    time.
    """
    with db.read() as connection:
        return _installed(connection)


@contextmanager
def recording(db: Database, store: Store, key: str, told: dict[str, Any]) -> Iterator[Connection | None]:
    """A write transaction that also marks `key`; it gives None when somebody else was faster."""
    blob = store.put(json.dumps(told, sort_keys=True).encode())
    with db.begin() as connection:
        # On SQLite a write transaction excludes every other one already.
        if not db.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if key in _installed(connection):
            yield None
            return
        yield connection
        mark = NewArtifact(ROLE, PREFIX + key, "application/json", blob)
        insert_artifact(connection, mark, owner_id=OWNER)


def _installed(connection: Connection) -> set[str]:
    query = select(artifacts.c.name).where(
        artifacts.c.role == ROLE,
        artifacts.c.owner_id == OWNER,
        artifacts.c.job_id.is_(None),
        artifacts.c.name.startswith(PREFIX),
    )
    return {name.removeprefix(PREFIX) for name in connection.execute(query).scalars()}
