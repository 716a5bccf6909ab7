"""Reading jobs; nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from shared.database import Database, now
from shared.errors import NotFound
from shared.lifecycle import LANES, State
from shared.prepared import Prepared
from shared.records import Job, job_from, job_of
from shared.tables import JOB, READY, attempts, jobs, timeline, training_metrics


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of a job's timeline."""

    seq: int
    at: float
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a job; ``outcome`` is None while it runs."""

    number: int
    token: int
    worker_id: str
    started_at: float
    ended_at: float | None
    outcome: str | None
    reason: str | None


_ONE = Prepared(select(*JOB).where(jobs.c.id == bindparam("the_job")))


def get(db: Database, job_id: str, owner_id: str | None = None) -> Job:
    """The job with that id. Raises NotFound, also for another owner's."""
    with db.read() as connection:
        values = _ONE.row(connection, {"the_job": job_id})
    job = None if values is None else job_from(values)
    if job is None or owner_id not in (None, job.owner_id):
        raise NotFound(f"there is no job {job_id}")
    return job


def list_page(
    db: Database,
    owner_id: str,
    *,
    before: str | None = None,
    limit: int = 50,
    lanes: Sequence[str] = (),
    operations: Sequence[str] = (),
    states: Sequence[State] = (),
) -> list[Job]:
    """An owner's jobs, the newest first, from the one behind the id ``before``."""
    query = select(jobs).where(jobs.c.owner_id == owner_id)
    if before is not None:
        query = query.where(jobs.c.id < before)
    if lanes:
        query = query.where(jobs.c.lane.in_(lanes))
    if operations:
        query = query.where(jobs.c.operation.in_(operations))
    if states:
        query = query.where(jobs.c.state.in_(states))
    with db.read() as connection:
        rows = connection.execute(query.order_by(jobs.c.id.desc()).limit(limit)).all()
    return [job_of(row) for row in rows]


def waiting_lanes(db: Database, *, older_than: float = 0.0) -> list[str]:
    """The lanes in which a job has been ready for at least ``older_than`` seconds."""
    found = []
    with db.read() as connection:
        for lane in LANES:
            query = select(jobs.c.id).where(
                READY,
                jobs.c.lane == lane,
                jobs.c.not_before <= now(),
                jobs.c.created_at <= now() - older_than,
            )
            if connection.execute(query.limit(1)).first() is not None:
                found.append(lane)
    return found


def read_timeline(db: Database, job_id: str) -> list[TimelineEvent]:
    """A job's timeline from its beginning."""
    with db.read() as connection:
        rows = connection.execute(
            select(timeline).where(timeline.c.job_id == job_id).order_by(timeline.c.seq)
        ).all()
    return [TimelineEvent(row.seq, row.at, row.kind, row.data) for row in rows]


def list_attempts(db: Database, job_id: str) -> list[Attempt]:
    """Every try at a job, the first one first."""
    with db.read() as connection:
        rows = connection.execute(
            select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.lease_token)
        ).all()
    return [
        Attempt(
            row.number, row.lease_token, row.worker_id, row.started_at, row.ended_at, row.outcome, row.reason
        )
        for row in rows
    ]


def read_metrics(db: Database, job_id: str, *, after_step: int = -1) -> list[tuple[int, dict[str, float]]]:
    """The stored figures of a training behind ``after_step``: (step, metrics) in order."""
    with db.read() as connection:
        rows = connection.execute(
            select(training_metrics.c.step, training_metrics.c.metrics)
            .where(training_metrics.c.job_id == job_id, training_metrics.c.step > after_step)
            .order_by(training_metrics.c.step)
        ).all()
    return [(row.step, row.metrics) for row in rows]
