"""I9: an owner has at most ``max_running`` jobs running (no limit where it is null)."""

from collections.abc import Mapping, Sequence
from zlib import crc32

from sqlalchemy import Connection, bindparam, func, not_, select, text, update

from shared.lifecycle import State
from shared.records import Job
from shared.tables import PROCESSING, jobs, owners, timeline

#: The first half of PostgreSQL's advisory lock for an owner's running jobs; the second is the owner's.
LOCK_SPACE = 0x417E


_THEIRS = jobs.alias("theirs")
_RUNNING = (
    select(func.count())
    .where(_THEIRS.c.owner_id == owners.c.id, _THEIRS.c.state == State.PROCESSING)
    .scalar_subquery()
)
_FULL = select(owners.c.id).where(owners.c.max_running.is_not(None), owners.c.max_running <= _RUNNING)

_IS_FULL = _FULL.where(owners.c.id == bindparam("the_owner"))
#: The limit of a job's owner, to be told with the job.
LIMIT = (
    select(owners.c.max_running)
    .where(owners.c.id == jobs.c.owner_id)
    .correlate(jobs)
    .scalar_subquery()
    .label("owner_limit")
)

#: The job's owner may have one more running, as far as committed rows tell.
BELOW = not_(jobs.c.owner_id.in_(_FULL))


def is_full(connection: Connection, owner_id: str) -> bool:
    """Whether as many of an owner's jobs run as may at a time."""
    return connection.execute(_IS_FULL, {"the_owner": owner_id}).first() is not None


def keep(connection: Connection, taken: Sequence[Job], limits: Mapping[str, int]) -> list[Job]:
    """What of a fresh claim fits under the owners' limits; the rest goes back as if it had not been taken.

    Two claims at one moment both see room for the last job; each counts again under a lock of the owner.
    """
    kept = list(taken)
    for owner_id, limit in sorted(limits.items()):
        if connection.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(:space, :owner)")
            connection.execute(lock, {"space": LOCK_SPACE, "owner": crc32(owner_id.encode()) & 0x7FFFFFFF})
        running = connection.execute(
            select(func.count()).where(jobs.c.owner_id == owner_id, PROCESSING)
        ).scalar_one()
        own = [job for job in kept if job.owner_id == owner_id]
        excess = own[max(0, len(own) - (running - limit)) :] if running > limit else []
        _put_back(connection, excess)
        kept = [job for job in kept if job not in excess]
    return kept


def _put_back(connection: Connection, excess: Sequence[Job]) -> None:
    for job in excess:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job.id)
            .values(
                state=State.QUEUED,
                reason=_reason_of_waiting(connection, job.id),
                worker_id=None,
                lease_expires_at=None,
                attempt=job.attempt - 1,
                started_at=None if job.lease_token == 1 else job.started_at,
            )
        )


def _reason_of_waiting(connection: Connection, job_id: str) -> str | None:
    """Why the job waited before this claim: the claim has written over it, the timeline still tells (I10)."""
    told = select(timeline.c.data).where(timeline.c.job_id == job_id).order_by(timeline.c.seq.desc())
    moves = (data for data in connection.execute(told).scalars() if "state" in data)
    return next((data.get("reason") for data in moves), None)
