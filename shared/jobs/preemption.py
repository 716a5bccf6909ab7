"""When a running training makes room for one that matters more."""

from collections.abc import Sequence

from sqlalchemy import select

from shared.database import Database, now
from shared.records import Job
from shared.tables import READY, jobs

#: How long idle workers have to take a job before a running one leaves for it.
GRACE_SECONDS = 3.0


def outranked(db: Database, job: Job, families: Sequence[str]) -> bool:
    """Whether a job of a higher rank that this worker could run waits in ``job``'s lane. One index look-up.

    It must have been ready for a moment, so that an idle worker can take it first.
    """
    mine = jobs.alias("mine")
    rank = select(mine.c.rank).where(mine.c.id == job.id).scalar_subquery()
    query = (
        select(jobs.c.id)
        .where(
            READY,
            jobs.c.lane == job.lane,
            jobs.c.rank > rank,
            jobs.c.family.in_(families),
            jobs.c.not_before <= now(),
            jobs.c.created_at <= now() - GRACE_SECONDS,
        )
        .limit(1)
    )
    with db.read() as connection:
        return connection.execute(query).first() is not None
