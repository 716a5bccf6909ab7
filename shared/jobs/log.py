"""The timeline: every transition and every note of a job, in order (invariant I10)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select

from shared.database import now
from shared.tables import timeline


def write(connection: Connection, job_id: str, kind: str, data: Mapping[str, Any] | None = None) -> None:
    """Append an entry; the caller's transaction holds the job's row, so numbers do not collide."""
    following = select(func.coalesce(func.max(timeline.c.seq), 0) + 1).where(timeline.c.job_id == job_id)
    connection.execute(
        insert(timeline).from_select(
            ["job_id", "seq", "at", "kind", "data"],
            select(
                literal(job_id),
                following.scalar_subquery(),
                now(),
                literal(kind),
                literal(dict(data or {}), timeline.c.data.type),
            ),
        )
    )
