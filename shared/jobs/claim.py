"""Claiming: one statement takes the first job in line and every queued job of the same batch key."""

from collections.abc import Sequence

from sqlalchemy import Update, and_, bindparam, func, insert, or_, select, update

from shared.database import Database, now
from shared.jobs import log
from shared.lifecycle import State
from shared.records import Job, job_of
from shared.tables import attempts, jobs


def claim(
    db: Database,
    *,
    worker_id: str,
    lanes: Sequence[str],
    families: Sequence[str],
    limit: int,
    lease_seconds: float,
) -> list[Job]:
    """Take the best batch of these lanes and families: one job, and up to ``limit`` of its batch key.

    Each job taken has a fresh lease token, counts one attempt and belongs to ``worker_id`` until its
    lease expires. An empty list means that nothing waits.
    """
    if not lanes or not families:
        return []
    with db.begin() as connection:
        rows = connection.execute(
            _statement(tuple(lanes), tuple(families), limit),
            {"worker": worker_id, "lease": lease_seconds},
        ).all()
        taken = sorted(map(job_of, rows), key=lambda job: (-job.priority, job.virtual_start, job.id))
        for job in taken:
            connection.execute(
                insert(attempts).values(
                    job_id=job.id,
                    lease_token=job.lease_token,
                    number=job.attempt,
                    worker_id=worker_id,
                    started_at=now(),
                )
            )
            log.write(
                connection,
                job.id,
                "claim",
                {"state": job.state, "worker": worker_id, "attempt": job.attempt, "token": job.lease_token},
            )
    return taken


def _statement(lanes: tuple[str, ...], families: tuple[str, ...], limit: int) -> Update:
    # SKIP LOCKED stands in CTEs: in a plain subquery PostgreSQL may run the select again and
    # update more rows than LIMIT says. SQLite leaves the clause out; its write lock serves.
    ready = and_(
        jobs.c.state == State.QUEUED,
        jobs.c.lane.in_(lanes),
        jobs.c.family.in_(families),
        jobs.c.not_before <= now(),
    )
    order = (jobs.c.priority.desc(), jobs.c.virtual_start, jobs.c.id)
    first = (
        select(jobs.c.id, jobs.c.batch_key, jobs.c.attempt)
        .where(ready)
        .order_by(*order)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    # What an earlier attempt did not survive runs alone: a job that kills its worker takes no other with it.
    same = and_(
        jobs.c.batch_key == select(first.c.batch_key).scalar_subquery(),
        jobs.c.attempt == 0,
        select(first.c.attempt).scalar_subquery() == 0,
    )
    batch = (
        select(jobs.c.id)
        .where(ready, or_(jobs.c.id == select(first.c.id).scalar_subquery(), same))
        .order_by((jobs.c.id == select(first.c.id).scalar_subquery()).desc(), *order)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("batch")
    )
    return (
        update(jobs)
        .where(jobs.c.id.in_(select(batch.c.id)), jobs.c.state == State.QUEUED)
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
        .returning(jobs)
    )
