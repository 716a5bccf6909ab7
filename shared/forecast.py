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
    or_,
    select,
    union_all,
)

from shared import speeds
from shared.database import Database, now
from shared.jobs import running_limit
from shared.lifecycle import State
from shared.prepared import Prepared
from shared.records import Job
from shared.speeds import Learned
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


@dataclass(frozen=True, slots=True)
class InService:
    """What runs in a lane, and the device seconds left of it (None when a training does not know)."""

    running: tuple[Ahead, ...]
    remaining: float | None


class Surroundings:
    """What a forecast looks at besides the job and its place, read afresh at every call.

    Whoever forecasts often can remember the answers for a moment: none of them is about one job.
    """

    def __init__(self, db: Database) -> None:
        self.db = db

    def workers(self) -> list[Worker]:
        """The workers that are there."""
        return list_workers(self.db)

    def in_service(self, lane: str) -> InService:
        """What runs in the lane."""
        with self.db.read() as connection:
            return _in_service(connection, lane)

    def at_limit(self, owner_id: str) -> bool:
        """Whether as many of the owner's jobs run as may at a time."""
        with self.db.read() as connection:
            return running_limit.is_full(connection, owner_id)

    def learned(self, subject: str, operation: str) -> Learned | None:
        """What jobs of that kind were measured to take."""
        return speeds.learned(self.db, subject, operation)


def explain(
    db: Database, job: Job, *, listed: int = LISTED, around: Surroundings | None = None
) -> Explanation:
    """What can be said of ``job`` now, naming at most ``listed`` jobs that go first."""
    around = around or Surroundings(db)
    if job.state is State.PROCESSING:
        left = job.progress_detail.get("eta_seconds")
        known = float(left) if isinstance(left, int | float) else None
        return Explanation(eta_p50=known, eta_p90=known)
    if job.state is not State.QUEUED:
        return Explanation()
    able = sum(_can_run(worker, job) for worker in around.workers())
    blocked = _blocked(around, job) or (None if able else "no_worker")
    if blocked in ("paused", "follows"):
        # Out of the line: it has no place, and nobody is ahead of it.
        return Explanation(blocked_reason=blocked, workers=able)
    serving = around.in_service(job.lane)
    with db.read() as connection:
        total, seconds = _work_ahead(connection, job)
        ahead = _first(connection, job, listed) if listed else []
    first = (*serving.running, *ahead)[:listed]
    if blocked is not None or total >= COUNTED:
        return Explanation(total + 1, first, total, blocked_reason=blocked, workers=able)
    learned = around.learned(job.version_id or job.family, job.operation)
    p50, p90 = _eta(job, total, seconds, serving.remaining, able, learned)
    return Explanation(total + 1, first, total, p50, p90, workers=able)


def _can_run(worker: Worker, job: Job) -> bool:
    return job.lane in worker.lanes and job.family in worker.families and not worker.drain_requested


def _blocked(around: Surroundings, job: Job) -> str | None:
    if job.paused:
        return "paused"
    if job.follows is not None:
        return "follows"
    if job.not_before and _is_ahead(around.db, job.not_before):
        return "delayed"
    return "limit" if around.at_limit(job.owner_id) else None


def _is_ahead(db: Database, moment: float) -> bool:
    with db.read() as connection:
        return moment > float(connection.execute(_CLOCK).scalar_one())


def _work_ahead(connection: Connection, job: Job) -> tuple[int, float]:
    """How many jobs are taken before this one, and their device seconds; both stop at COUNTED jobs."""
    [(total, seconds)] = _WORK_BEFORE.rows(connection, _place_of(job) | {"most": COUNTED})
    return int(total), float(seconds or 0.0)


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
# A limit within a compound stands in a subquery of its own: SQLite wants it so.
_COSTS = (select(select(jobs.c.cost_seconds).where(part).limit(_MOST).subquery()) for part in _BEFORE)
_EITHER = select(union_all(*_COSTS).subquery()).limit(_MOST).subquery()
_WORK_BEFORE = Prepared(select(func.count(), func.sum(_EITHER.c.cost_seconds)))
_CLOCK = select(now())
_JOBS_BEFORE = tuple(
    select(jobs.c.id, jobs.c.owner_id, jobs.c.operation, jobs.c.priority, jobs.c.rank)
    .where(part)
    .order_by(jobs.c.rank.desc(), jobs.c.virtual_start, jobs.c.id)
    .limit(_MOST)
    for part in _BEFORE
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


def _in_service(connection: Connection, lane: str) -> InService:
    rows = connection.execute(_SERVING, {"the_lane": lane}).all()
    running = (Ahead(row.id, row.owner_id, row.operation, row.priority, "running") for row in rows[:LISTED])
    left: float | None = 0.0
    for row in rows:
        told = row.progress_detail.get("eta_seconds")
        if isinstance(told, int | float):
            left = None if left is None else left + float(told)
        elif lane == "training":
            left = None
        else:
            # Nothing is known of the middle of a short job: on average half of it is left.
            left = None if left is None else left + row.cost_seconds / 2
    return InService(tuple(running), left)


def _eta(
    job: Job, ahead: int, seconds: float, remaining: float | None, workers: int, known: Learned | None
) -> tuple[float | None, float | None]:
    """Median and 90th percentile of the seconds until the end: the work before it, shared by the workers."""
    # A training in front may take hours of which nothing is known here: no guess then.
    if workers == 0 or remaining is None or (job.lane == "training" and ahead):
        return None, None
    p50 = (seconds + remaining) / workers + job.cost_seconds
    spread = 0.5 if known is None or known.p50 <= 0 else max(0.0, known.p90 / known.p50 - 1)
    # Independent spreads add up as squares, so a long queue is relatively surer than a short one.
    p90 = p50 + spread * job.cost_seconds * sqrt(1 + ahead / workers)
    return p50, p90
