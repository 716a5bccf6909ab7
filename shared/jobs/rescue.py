"""Rescue: what dead or hung workers left behind goes back to the queue. Idempotent, run by every worker."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select, update

from shared.database import Database, now
from shared.jobs import followers, log
from shared.jobs.backoff import backoff_seconds
from shared.jobs.finish import LEFT, end_attempts
from shared.jobs.lease import release
from shared.lifecycle import Event, Reason, State, next_state
from shared.records import Job, Lease, job_of
from shared.tables import PROCESSING, QUEUED, jobs

PAGE = 100
#: The pause after the second loss; each further one is twice as long.
FIRST_BACKOFF_SECONDS = 0.5


@dataclass(slots=True)
class Rescued:
    """What a sweep did; ``unneeded`` are hashes of files to delete.

    In the lanes ``promoted`` jobs took the places of canceled ones and wait now.
    """

    requeued: list[Job] = field(default_factory=list)
    ended: list[Job] = field(default_factory=list)
    unneeded: list[str] = field(default_factory=list)
    promoted: set[str] = field(default_factory=set)


def expire_leases(db: Database, worker_id: str) -> None:
    """The worker is known to be dead: the next rescue need not wait for its leases to run out."""
    with db.begin() as connection:
        connection.execute(
            update(jobs).where(PROCESSING, jobs.c.worker_id == worker_id).values(lease_expires_at=0.0)
        )


def rescue(db: Database) -> Rescued:
    """Requeue every running job whose lease expired or whose progress stalled, and end what is past help.

    A crash counts as an attempt; past ``max_attempts`` the job fails as ``worker_lost``. A job whose owner
    asked to cancel is canceled. A waiting job past its deadline fails as ``deadline``.
    """
    done = Rescued()
    for which, order in ((_LOST, jobs.c.lease_expires_at), (_TOO_LATE, jobs.c.deadline_at)):
        while _page(db, which, order, done) == PAGE:
            pass
    return done


_LOST = and_(
    PROCESSING,
    or_(jobs.c.lease_expires_at < now(), jobs.c.progress_at + jobs.c.stall_seconds < now()),
)
_TOO_LATE = and_(QUEUED, jobs.c.deadline_at < now())


def _page(db: Database, which: ColumnElement[bool], order: Column[Any], done: Rescued) -> int:
    with db.begin() as connection:
        rows = connection.execute(
            select(jobs, now().label("clock"))
            .where(which)
            .order_by(order)
            .limit(PAGE)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            _settle(connection, job_of(row), float(row.clock), done)
    return len(rows)


def _settle(connection: Connection, job: Job, clock: float, done: Rescued) -> None:
    if job.state is State.QUEUED:
        _end(connection, job, Event.FAIL, Reason.DEADLINE, "no worker took the job before its deadline", done)
        return
    expired = job.lease_expires_at is not None and job.lease_expires_at < clock
    reason = Reason.LEASE_EXPIRED if expired else Reason.STALLED
    if job.cancel_requested:
        _end(connection, job, Event.CANCEL, Reason.OWNER, None, done)
    elif job.attempt >= job.max_attempts:
        times = f"{job.attempt} attempt{'s' if job.attempt != 1 else ''}"
        message = f"the worker was lost in each of {times}; the job is not tried again"
        _end(connection, job, Event.FAIL, Reason.WORKER_LOST, message, done)
    else:
        row = connection.execute(
            update(jobs)
            .where(jobs.c.id == job.id)
            .values(
                state=next_state(job.state, Event.REQUEUE),
                reason=reason,
                lease_token=jobs.c.lease_token + 1,
                not_before=now() + _pause(job),
                **LEFT,
            )
            .returning(jobs)
        ).one()
        end_attempts(connection, [Lease(job.id, job.lease_token, job.worker_id or "")], "lost", reason)
        log.write(
            connection,
            job.id,
            "requeue",
            {
                "state": State.QUEUED,
                "reason": reason,
                "worker": job.worker_id,
                "at": job.progress_detail,
            },
        )
        done.requeued.append(job_of(row))


def _pause(job: Job) -> float:
    """The first loss is the worker's fault and costs no wait; after that the job may be what kills."""
    return 0.0 if job.attempt <= 1 else backoff_seconds(job.attempt - 1, FIRST_BACKOFF_SECONDS)


def _end(
    connection: Connection, job: Job, event: Event, reason: Reason, message: str | None, done: Rescued
) -> None:
    failed = event is Event.FAIL
    state = next_state(job.state, event)
    told: dict[str, Any] = {}
    if failed:
        told = {"error_code": str(reason), "error_message": message, "error_detail": {}}
    row = connection.execute(
        update(jobs)
        .where(jobs.c.id == job.id)
        .values(
            state=state,
            reason=reason,
            **told,
            follows=None,
            lease_token=jobs.c.lease_token + 1,
            finished_at=now(),
            **LEFT,
        )
        .returning(jobs)
    ).one()
    if job.worker_id is not None:
        lease = Lease(job.id, job.lease_token, job.worker_id)
        end_attempts(connection, [lease], "lost" if failed else "canceled", reason)
    data = {"state": state, "reason": reason} | ({"code": reason, "message": message} if failed else {})
    log.write(connection, job.id, str(event), data)
    if reason is Reason.WORKER_LOST:
        followers.share_failure(connection, job.id, told)
    elif (lane := followers.promote(connection, job.id)) is not None:
        done.promoted.add(lane)
    done.unneeded += release(connection, [job.id])
    done.ended.append(job_of(row))
