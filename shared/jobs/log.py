"""The timeline: every transition and every note of a job, in order (invariant I10)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from shared.database import now
from shared.prepared import Prepared
from shared.tables import timeline

#: One entry: job, kind, data.
Entry = tuple[str, str, Mapping[str, Any]]

_FOLLOWING = (
    select(func.coalesce(func.max(timeline.c.seq), 0) + 1)
    .where(timeline.c.job_id == bindparam("job"))
    .scalar_subquery()
)
_WRITE = insert(timeline).values(
    job_id=bindparam("job"), seq=_FOLLOWING, at=now(), kind=bindparam("entry"), data=bindparam("told")
)
_WRITE_ONE = Prepared(_WRITE)


def write(connection: Connection, job_id: str, kind: str, data: Mapping[str, Any] | None = None) -> None:
    """Append an entry; the caller's transaction holds the job's row, so numbers do not collide."""
    _WRITE_ONE.run(connection, {"job": job_id, "entry": kind, "told": dict(data or {})})


def write_all(connection: Connection, entries: Iterable[Entry]) -> None:
    """Append entries of several jobs, as ``write`` does."""
    rows = [{"job": job_id, "entry": kind, "told": dict(data)} for job_id, kind, data in entries]
    if rows:
        # A list of one would go the way of many, which costs a round trip more.
        connection.execute(_WRITE, rows if len(rows) > 1 else rows[0])
