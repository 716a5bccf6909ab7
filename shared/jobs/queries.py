"""Reading jobs; nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shared.database import Database, now
from shared.errors import NotFound
from shared.lifecycle import LANES, State
from shared.records import Job, job_of
from shared.tables import READY, attempts, jobs, timeline, training_metrics


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


def get(db: Database, job_id: str, owner_id: str | None = None) -> Job:
    """The job with that id. Raises NotFound, also for another owner's."""
    query = select(jobs).where(jobs.c.id == job_id)
    if owner_id is not None:
        query = query.where(jobs.c.owner_id == owner_id)
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return job_of(row)


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
