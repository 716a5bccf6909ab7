"""What an owner asks of a job: cancel, stop and keep the best, pause, resume, another priority, a retry."""

from typing import Any

from sqlalchemy import Connection, Select, select, update

from shared.database import Database, now
from shared.errors import Conflict, InvalidInput, NotFound
from shared.jobs import followers, log
from shared.jobs.fairness import refund
from shared.jobs.lease import release
from shared.jobs.submit import submit
from shared.lifecycle import TERMINAL, Event, Reason, State, next_state
from shared.records import Job, Leftovers, NewJob, Submitted, job_of
from shared.tables import jobs, owners

LOWEST_PRIORITY, HIGHEST_PRIORITY = -100, 100


def cancel(db: Database, job_id: str, owner_id: str) -> tuple[Job, Leftovers]:
    """Cancel a waiting job at once, or ask the worker of a running one to stop.

    Gives the job and what it leaves. Asking twice is no error.

    Raises:
        NotFound: no such job of this owner.
        Conflict: the job has ended another way.
    """
    with db.begin() as connection:
        job = _locked(connection, job_id, owner_id)
        if job.state is State.CANCELED:
            return job, Leftovers([])
        if job.state in TERMINAL:
            raise Conflict(f"the job has ended already ({job.state}); there is nothing left to cancel")
        if job.state is State.PROCESSING:
            if not job.cancel_requested:
                log.write(connection, job_id, "cancel_requested")
            return _changed(connection, job_id, cancel_requested=True), Leftovers([])
        unneeded = release(connection, [job_id])
        promoted = followers.promote(connection, job_id)
        # Whoever takes the place is charged for it instead.
        if promoted is None:
            _refund(connection, job)
        log.write(connection, job_id, Event.CANCEL, {"state": State.CANCELED, "reason": Reason.OWNER})
        canceled = _changed(
            connection,
            job_id,
            state=next_state(State.QUEUED, Event.CANCEL),
            reason=Reason.OWNER,
            cancel_requested=True,
            follows=None,
            finished_at=now(),
        )
        return canceled, Leftovers(unneeded, promoted)


def stop(db: Database, job_id: str, owner_id: str) -> Job:
    """Ask a running job to end now and keep what it has (the best snapshot of a training).

    Raises:
        NotFound: no such job of this owner.
        Conflict: the job is not running.
    """
    with db.begin() as connection:
        job = _locked(connection, job_id, owner_id)
        if job.state is not State.PROCESSING:
            raise Conflict(f"the job is {job.state}; only a running training can be stopped")
        if not job.stop_requested:
            log.write(connection, job_id, "stop_requested")
        return _changed(connection, job_id, stop_requested=True)


def pause(db: Database, job_id: str, owner_id: str) -> Job:
    """Hold a job back: a waiting one is not taken; a running training checkpoints and leaves its worker.

    A running job of another kind ends soon and is not disturbed. Asking twice is no error.

    Raises:
        NotFound: no such job of this owner.
        Conflict: the job has ended.
    """
    return _set_paused(db, job_id, owner_id, True)


def resume(db: Database, job_id: str, owner_id: str) -> Job:
    """Let a paused job wait for a worker again. Raises as ``pause`` does."""
    return _set_paused(db, job_id, owner_id, False)


def set_priority(db: Database, job_id: str, owner_id: str, priority: int) -> Job:
    """Move a job within its lane: -100 to 100, higher goes first.

    Raises:
        InvalidInput: the priority is outside its range.
        NotFound: no such job of this owner.
        Conflict: the job has ended.
    """
    check_priority(priority)
    with db.begin() as connection:
        leader = followers.leader_of(connection, job_id)
        job = _open(connection, job_id, owner_id)
        if job.priority == priority:
            return job
        if leader is not None:
            followers.follow(connection, leader, priority)
        log.write(connection, job_id, "priority", {"from": job.priority, "to": priority})
        return _changed(connection, job_id, priority=priority, rank=priority, ranked_at=now())


def check_priority(priority: int) -> None:
    """Raises InvalidInput for a priority outside -100 to 100."""
    if not LOWEST_PRIORITY <= priority <= HIGHEST_PRIORITY:
        raise InvalidInput(
            f"a priority is between {LOWEST_PRIORITY} and {HIGHEST_PRIORITY}, not {priority}",
            field="priority",
        )


def retry(
    db: Database,
    job_id: str,
    owner_id: str,
    *,
    idempotency_key: str | None = None,
    max_queued: int = 1000,
) -> Submitted:
    """Queue a failed or canceled job's request again, as a new job that names the old one.

    Raises:
        NotFound: no such job of this owner.
        Conflict: the job waits, runs or has succeeded, or its uploaded files are gone with it.
        QuotaExceeded, IdempotencyMismatch: as for any submit.
    """
    with db.read() as connection:
        job = _one(connection, select(jobs), job_id, owner_id)
    if job.state not in (State.FAILED, State.CANCELED):
        raise Conflict(f"the job is {job.state}; only a failed or canceled job can be tried again")
    if job.lane == "ingest":
        raise Conflict("the uploaded files went with the job; upload them again")
    again = NewJob(
        owner_id=owner_id,
        family=job.family,
        operation=job.operation,
        lane=job.lane,
        input=job.input,
        model_id=job.model_id,
        version_id=job.version_id,
        batch_key=job.batch_key,
        cache_key=job.cache_key,
        idempotency_key=idempotency_key,
        retried_from=job.id,
        priority=job.priority,
        cost_seconds=job.cost_seconds,
        max_attempts=job.max_attempts,
        stall_seconds=job.stall_seconds,
    )
    return submit(db, again, max_queued=max_queued)


def _set_paused(db: Database, job_id: str, owner_id: str, paused: bool) -> Job:
    with db.begin() as connection:
        # The leader is locked before who follows it, as everywhere.
        leader = followers.leader_of(connection, job_id)
        job = _open(connection, job_id, owner_id)
        if job.paused == paused:
            return job
        log.write(connection, job_id, "paused" if paused else "resumed")
        changed = _changed(connection, job_id, paused=paused)
        # Nobody waits for a job that is held back.
        if paused and job.state is State.QUEUED and followers.has_ready(connection, job_id):
            followers.promote(connection, job_id)
        elif leader is not None and leader.paused and leader.state is State.QUEUED:
            followers.promote(connection, leader.id)
            return _one(connection, select(jobs), job_id, owner_id)
        return changed


def _refund(connection: Connection, job: Job) -> None:
    if job.follows is not None or job.attempt > 0:
        return
    weight = connection.execute(select(owners.c.weight).where(owners.c.id == job.owner_id)).scalar_one()
    refund(
        connection,
        owner_id=job.owner_id,
        lane=job.lane,
        cost_seconds=job.cost_seconds,
        weight=float(weight),
    )


def _changed(connection: Connection, job_id: str, **values: Any) -> Job:
    change = update(jobs).where(jobs.c.id == job_id).values(**values).returning(jobs)
    return job_of(connection.execute(change).one())


def _open(connection: Connection, job_id: str, owner_id: str) -> Job:
    job = _locked(connection, job_id, owner_id)
    if job.state in TERMINAL:
        raise Conflict(f"the job has ended already ({job.state})")
    return job


def _locked(connection: Connection, job_id: str, owner_id: str) -> Job:
    return _one(connection, select(jobs).with_for_update(), job_id, owner_id)


def _one(connection: Connection, query: Select[Any], job_id: str, owner_id: str) -> Job:
    row = connection.execute(query.where(jobs.c.id == job_id, jobs.c.owner_id == owner_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return job_of(row)
