"""Claiming: one transaction takes the first job in line and every queued job of the same batch key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from shared.database import Database, now
from shared.jobs import log, running_limit
from shared.lifecycle import Event, State
from shared.records import Job, job_of
from shared.tables import QUEUED, READY, attempts, jobs

Names = tuple[str, ...]
_ATTEMPT = insert(attempts).values(
    job_id=bindparam("job_id"),
    lease_token=bindparam("lease_token"),
    number=bindparam("number"),
    worker_id=bindparam("worker_id"),
    started_at=now(),
)
ORDER = (jobs.c.rank.desc(), jobs.c.virtual_start, jobs.c.id)


@dataclass(frozen=True, slots=True)
class Head:
    """The first job in line: its batch key and rank, and for how many seconds it has been ready."""

    batch_key: str | None
    rank: int
    waited_seconds: float


def head(db: Database, *, lanes: Sequence[str], families: Sequence[str]) -> Head | None:
    """What a claim would begin with; None when nothing is ready. Takes nothing; one index look-up."""
    if not lanes or not families:
        return None
    with db.read() as connection:
        row = connection.execute(_head(tuple(lanes), tuple(families))).one_or_none()
    return None if row is None else Head(row.batch_key, row.rank, float(row.waited))


@lru_cache(maxsize=256)
def _head(lanes: tuple[str, ...], families: tuple[str, ...]) -> Select[Any]:
    ready_at = case((jobs.c.not_before > jobs.c.created_at, jobs.c.not_before), else_=jobs.c.created_at)
    return (
        select(jobs.c.batch_key, jobs.c.rank, (now() - ready_at).label("waited"))
        .where(claimable(lanes, families))
        .order_by(*ORDER)
        .limit(1)
    )


def claim(
    db: Database,
    *,
    worker_id: str,
    lanes: Sequence[str],
    families: Sequence[str],
    limit: int | Callable[[str | None], int],
    lease_seconds: float,
    warm: Sequence[str] = (),
    warm_rank: int = 0,
) -> list[Job]:
    """Take the best batch of these lanes and families: one job, and up to ``limit`` of its batch key.

    ``limit`` may depend on the batch key, which is known when the first job is taken.

    Each job taken has a fresh lease token, counts one attempt and belongs to ``worker_id`` until its
    lease expires. An empty list means that nothing waits. With ``warm``, only jobs of these batch keys that
    rank at least ``warm_rank`` are taken: a worker asks so for versions that it holds in memory.
    """
    if not lanes or not families:
        return []
    where, lease = (tuple(lanes), tuple(families)), {"worker": worker_id, "lease": lease_seconds}
    with db.begin() as connection:
        if warm:
            key = _best_of(connection, where, warm, warm_rank)
            rows = [] if key is None else list(connection.execute(_first_like(*where), lease | {"key": key}))
        else:
            rows = list(connection.execute(_first(*where), lease))
        # What an earlier attempt did not survive runs alone: a job that kills its worker takes no other with
        # it.
        if rows and rows[0].batch_key is not None and rows[0].attempt == 1:
            most = limit if isinstance(limit, int) else limit(rows[0].batch_key)
            alike = {"key": rows[0].batch_key, "more": most - 1}
            rows += connection.execute(_more_like(*where), lease | alike) if most > 1 else []
        taken = sorted(map(job_of, rows), key=lambda job: (-job.rank, job.virtual_start, job.id))
        limits = {row.owner_id: row.owner_limit for row in rows if row.owner_limit is not None}
        taken = running_limit.keep(connection, taken, limits)
        if not taken:
            return []
        begun = [{"job_id": job.id, "lease_token": job.lease_token, "number": job.attempt} for job in taken]
        begun = [attempt | {"worker_id": worker_id} for attempt in begun]
        connection.execute(_ATTEMPT, begun if len(begun) > 1 else begun[0])
        log.write_all(connection, [(job.id, Event.CLAIM, _told(job)) for job in taken])
    return taken


def _told(job: Job) -> dict[str, object]:
    return {
        "state": job.state,
        "worker": job.worker_id,
        "attempt": job.attempt,
        "token": job.lease_token,
    }


def claimable(lanes: Sequence[str], families: Sequence[str]) -> ColumnElement[bool]:
    """What a worker of these lanes and families may take now."""
    # One lane is an equality, which an index serves in order; several are not.
    in_lane = jobs.c.lane == lanes[0] if len(lanes) == 1 else jobs.c.lane.in_(lanes)
    return and_(
        READY, in_lane, jobs.c.family.in_(families), jobs.c.not_before <= now(), running_limit.BELOW
    )


def _best_of(
    connection: Connection, where: tuple[Names, Names], keys: Sequence[str], least_rank: int
) -> str | None:
    """The batch key whose first job goes before the others' first; one index look-up a key."""
    best: tuple[int, float, str] | None = None
    for key in keys:
        row = connection.execute(_peek(*where), {"key": key}).one_or_none()
        if row is not None and row.rank >= least_rank:
            place = (-row.rank, row.virtual_start, key)
            best = place if best is None else min(best, place)
    return None if best is None else best[2]


@lru_cache(maxsize=256)
def _peek(lanes: Names, families: Names) -> Select[Any]:
    alike = and_(claimable(lanes, families), jobs.c.batch_key == bindparam("key"))
    return select(jobs.c.rank, jobs.c.virtual_start).where(alike).order_by(*ORDER).limit(1)


@lru_cache(maxsize=256)
def _first(lanes: Names, families: Names) -> Update:
    return _take(select(jobs.c.id).where(claimable(lanes, families)).order_by(*ORDER).limit(1))


@lru_cache(maxsize=256)
def _first_like(lanes: Names, families: Names) -> Update:
    alike = and_(claimable(lanes, families), jobs.c.batch_key == bindparam("key"))
    return _take(select(jobs.c.id).where(alike).order_by(*ORDER).limit(1))


@lru_cache(maxsize=256)
def _more_like(lanes: Names, families: Names) -> Update:
    alike = and_(claimable(lanes, families), jobs.c.batch_key == bindparam("key"), jobs.c.attempt == 0)
    return _take(select(jobs.c.id).where(alike).order_by(*ORDER).limit(bindparam("more", type_=Integer)))


def _take(chosen: Select[Any]) -> Update:
    # SKIP LOCKED stands in a CTE: in a plain subquery PostgreSQL may run the select again and
    # update more rows than LIMIT says. SQLite leaves the clause out; its write lock serves.
    taken = chosen.with_for_update(skip_locked=True).cte("taken")
    return (
        update(jobs)
        .where(jobs.c.id.in_(select(taken.c.id)), QUEUED)
        .values(
            state=State.PROCESSING,
            reason=None,
            worker_id=bindparam("worker"),
            attempt=jobs.c.attempt + 1,
            lease_token=jobs.c.lease_token + 1,
            lease_expires_at=now() + bindparam("lease"),
            progress_at=now(),
            started_at=func.coalesce(jobs.c.started_at, now()),
        )
        .returning(jobs, running_limit.LIMIT)
    )
