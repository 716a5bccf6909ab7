"""What an owner asks of a job: cancel it, or stop a training and keep its best."""

from sqlalchemy import Connection, select, update

from shared.database import Database, now
from shared.errors import Conflict, NotFound
from shared.jobs import log
from shared.jobs.lease import release
from shared.lifecycle import TERMINAL, Event, Reason, State, next_state
from shared.records import Job, job_of
from shared.tables import jobs


def cancel(db: Database, job_id: str, owner_id: str) -> tuple[Job, list[str]]:
    """Cancel a waiting job at once, or ask the worker of a running one to stop.

    Gives the job, and hashes of files to delete (checkpoints, uploads). Asking twice is no error.

    Raises:
        NotFound: no such job of this owner.
        Conflict: the job has ended another way.
    """
    with db.begin() as connection:
        job = _locked(connection, job_id, owner_id)
        if job.state is State.CANCELED:
            return job, []
        if job.state in TERMINAL:
            raise Conflict(f"the job has {job.state} already; there is nothing left to cancel")
        unneeded: list[str] = []
        if job.state is State.QUEUED:
            unneeded = release(connection, job_id)
            values = {
                "state": next_state(State.QUEUED, Event.CANCEL),
                "reason": Reason.OWNER,
                "cancel_requested": True,
                "finished_at": now(),
            }
            log.write(connection, job_id, "cancel", {"state": State.CANCELED, "reason": Reason.OWNER})
        else:
            values = {"cancel_requested": True}
            if not job.cancel_requested:
                log.write(connection, job_id, "cancel_requested")
        change = update(jobs).where(jobs.c.id == job_id).values(**values).returning(jobs)
        return job_of(connection.execute(change).one()), unneeded


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
        row = connection.execute(
            update(jobs).where(jobs.c.id == job_id).values(stop_requested=True).returning(jobs)
        ).one()
        return job_of(row)


def _locked(connection: Connection, job_id: str, owner_id: str) -> Job:
    row = connection.execute(
        select(jobs).where(jobs.c.id == job_id, jobs.c.owner_id == owner_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return job_of(row)
