"""Where a waiting job stands: who is ahead and why, when it may be done, and what holds it up."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Double,
    Integer,
    Row,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
)

from shared import speeds
from shared.database import Database, now
from shared.jobs.running_limit import BELOW
from shared.lifecycle import State
from shared.records import Job
from shared.tables import PROCESSING, READY, jobs
from shared.workers import Worker, list_workers

#: So many jobs ahead are counted at most: a status costs the same however long the queue is.
COUNTED = 1000
LISTED = 20


@dataclass(frozen=True, slots=True)
class Ahead:
    """A job that goes first. ``why``: running, priority, age (it rose by waiting) or fairness."""

    job_id: str
    owner_id: str
    operation: str
    priority: int
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``place`` counts from 1 (None: not in line); ``total_ahead`` stops at COUNTED.

    ``eta_p50`` and ``eta_p90`` are seconds until the job has ended, None when nothing can be said.
    ``blocked_reason``: paused, follows, delayed, limit (as many of its
    owner's run as may at a time), no_worker, or None. ``workers``: how many can run it.
    """

    place: int | None = None
    ahead: tuple[Ahead, ...] = ()
    total_ahead: int = 0
    eta_p50: float | None = None
    eta_p90: float | None = None
    blocked_reason: str | None = None
    workers: int = 0


def explain(db: Database, job: Job, *, listed: int = LISTED) -> Explanation:
    """What can be said of ``job`` now, naming at most ``listed`` jobs that go first."""
    if job.state is State.PROCESSING:
        left = job.progress_detail.get("eta_seconds")
        known = float(left) if isinstance(left, int | float) else None
        return Explanation(eta_p50=known, eta_p90=known)
    if job.state is not State.QUEUED:
        return Explanation()
    able = [worker for worker in list_workers(db) if _can_run(worker, job)]
    with db.read() as connection:
        blocked = _blocked(connection, job) or (None if able else "no_worker")
        if blocked in ("paused", "follows"):
            # Out of the line: it has no place, and nobody is ahead of it.
            return Explanation(blocked_reason=blocked, workers=len(able))
        total, seconds = _work_ahead(connection, job)
        ahead = _first(connection, job, listed)
        running, remaining = _in_service(connection, job)
    p50, p90 = _eta(db, job, total, seconds, remaining, len(able))
    if blocked is not None or total >= COUNTED:
        p50 = p90 = None
    return Explanation(
        total + 1, (*running, *ahead)[:listed], total, p50, p90, blocked, len(able)
    )


def _can_run(worker: Worker, job: Job) -> bool:
    return job.lane in worker.lanes and job.family in worker.families and not worker.drain_requested


def _blocked(connection: Connection, job: Job) -> str | None:
    if job.paused:
        return "paused"
    if job.follows is not None:
        return "follows"
    row = connection.execute(_HELD, {"the_job": job.id}).one_or_none()
    if row is None:
        return None
    return "delayed" if row.delayed else "limit" if row.limit else None


def _work_ahead(connection: Connection, job: Job) -> tuple[int, float]:
    """How many jobs are taken before this one, and their device seconds; both stop at COUNTED jobs."""
    total, seconds = 0, 0.0
    for part in _WORK_BEFORE:
        row = connection.execute(part, _place_of(job) | {"most": COUNTED - total}).one()
        total, seconds = total + int(row[0]), seconds + float(row[1] or 0.0)
    return total, seconds


def _first(connection: Connection, job: Job, most: int) -> list[Ahead]:
    rows: list[Any] = []
    for part in _JOBS_BEFORE:
        if len(rows) < most:
            rows += connection.execute(part, _place_of(job) | {"most": most - len(rows)}).all()
    return [Ahead(row.id, row.owner_id, row.operation, row.priority, _why(row, job)) for row in rows]


def _place_of(job: Job) -> dict[str, Any]:
    return {
        "the_lane": job.lane,
        "the_rank": job.rank,
        "the_start": job.virtual_start,
        "the_job": job.id,
    }


# Statements of a status are built once: building them took longer than running them. The jobs before one are
# those of a higher rank, and the earlier ones of its own: each is one range of the queue's index.
_RANK: BindParameter[int] = bindparam("the_rank", type_=Integer)
_START: BindParameter[float] = bindparam("the_start", type_=Double)
_MOST: BindParameter[int] = bindparam("most", type_=Integer)
_IN_LANE = and_(READY, jobs.c.lane == bindparam("the_lane"))
_EARLIER = or_(jobs.c.virtual_start < _START, jobs.c.id < bindparam("the_job"))
_BEFORE = (
    and_(_IN_LANE, jobs.c.rank > _RANK),
    and_(_IN_LANE, jobs.c.rank == _RANK, jobs.c.virtual_start <= _START, _EARLIER),
)
_COSTS = tuple(select(jobs.c.cost_seconds).where(part).limit(_MOST).subquery() for part in _BEFORE)
_WORK_BEFORE = tuple(select(func.count(), func.sum(some.c.cost_seconds)) for some in _COSTS)
_JOBS_BEFORE = tuple(
    select(jobs.c.id, jobs.c.owner_id, jobs.c.operation, jobs.c.priority, jobs.c.rank)
    .where(part)
    .order_by(jobs.c.rank.desc(), jobs.c.virtual_start, jobs.c.id)
    .limit(_MOST)
    for part in _BEFORE
)
_HELD = select((jobs.c.not_before > now()).label("delayed"), not_(BELOW).label("limit")).where(
    jobs.c.id == bindparam("the_job")
)
_SERVING = (
    select(
        jobs.c.id,
        jobs.c.owner_id,
        jobs.c.operation,
        jobs.c.priority,
        jobs.c.progress_detail,
        jobs.c.cost_seconds,
    )
    .where(jobs.c.lane == bindparam("the_lane"), PROCESSING)
    .order_by(jobs.c.virtual_start)
    .limit(COUNTED)
)


def _why(row: Row[*tuple[Any, ...]], job: Job) -> str:
    if row.priority > job.priority:
        return "priority"
    return "age" if row.rank > max(job.rank, row.priority) else "fairness"


def _in_service(connection: Connection, job: Job) -> tuple[list[Ahead], float | None]:
    """What runs in the job's lane, and the device seconds left of it (None when a training does not know)."""
    rows = connection.execute(_SERVING, {"the_lane": job.lane}).all()
    running = [Ahead(row.id, row.owner_id, row.operation, row.priority, "running") for row in rows[:LISTED]]
    left: float | None = 0.0
    for row in rows:
        told = row.progress_detail.get("eta_seconds")
        if isinstance(told, int | float):
            left = None if left is None else left + float(told)
        elif job.lane == "training":
            left = None
        else:
            # Nothing is known of the middle of a short job: on average half of it is left.
            left = None if left is None else left + row.cost_seconds / 2
    return running, left


def _eta(
    db: Database, job: Job, ahead: int, seconds: float, remaining: float | None, workers: int
) -> tuple[float | None, float | None]:
    """Median and 90th percentile of the seconds until the end: the work before it, shared by the workers."""
    # A training in front may take hours of which nothing is known here: no guess then.
    if workers == 0 or remaining is None or (job.lane == "training" and ahead):
        return None, None
    known = speeds.learned(db, job.version_id or job.family, job.operation)
    p50 = (seconds + remaining) / workers + job.cost_seconds
    spread = 0.5 if known is None or known.p50 <= 0 else max(0.0, known.p90 / known.p50 - 1)
    # Independent spreads add up as squares, so a long queue is relatively surer than a short one.
    p90 = p50 + spread * job.cost_seconds * sqrt(1 + ahead / workers)
    return p50, p90
