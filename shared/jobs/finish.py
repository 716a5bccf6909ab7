"""How a held job ends or goes back to the queue; each function is one guarded transaction."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, update

from shared.database import Database, now
from shared.datasets import insert_dataset
from shared.errors import AtelierError, InvalidInput, LeaseLost
from shared.files import insert_artifact
from shared.jobs import log
from shared.jobs.lease import held, release
from shared.library import insert_version
from shared.lifecycle import HAND_BACKS, Event, Reason, State, next_state
from shared.records import Lease, Result
from shared.tables import attempts, jobs

LEFT = {"worker_id": None, "lease_expires_at": None}


def succeed(db: Database, results: Iterable[tuple[Lease, Result]]) -> tuple[list[Lease], list[str]]:
    """Record the results of a batch in one transaction.

    Gives the leases whose result did not count (the lease was lost, or the owner had asked to cancel:
    I1, I6) and the hashes of files (checkpoints, uploads) that nothing needs any more.
    """
    lost: list[Lease] = []
    unneeded: list[str] = []
    with db.begin() as connection:
        for lease, result in results:
            if not _succeed(connection, lease, result):
                lost.append(lease)
                continue
            unneeded += release(connection, lease.job_id)
    return lost, unneeded


def _succeed(connection: Connection, lease: Lease, result: Result) -> bool:
    row = connection.execute(
        update(jobs)
        .where(held(lease), jobs.c.cancel_requested.is_(False))
        .values(
            state=next_state(State.PROCESSING, Event.SUCCEED),
            reason=None,
            output=dict(result.output),
            progress=1.0,
            finished_at=now(),
            **LEFT,
        )
        .returning(jobs.c.owner_id, jobs.c.model_id)
    ).one_or_none()
    if row is None:
        return False
    output = dict(result.output)
    version_id = None
    if result.version is not None:
        if row.model_id is None:
            raise InvalidInput("this job names no model to put a version in")
        version_id = insert_version(connection, result.version, model_id=row.model_id, job_id=lease.job_id)
        output["version"] = version_id
    for artifact in result.artifacts:
        insert_artifact(
            connection, artifact, owner_id=row.owner_id, job_id=lease.job_id, version_id=version_id
        )
    if result.dataset is not None:
        output["dataset"] = insert_dataset(
            connection, result.dataset, owner_id=row.owner_id, job_id=lease.job_id
        )
    if output != dict(result.output):
        connection.execute(update(jobs).where(jobs.c.id == lease.job_id).values(output=output))
    end_attempt(connection, lease, "succeeded", None)
    log.write(connection, lease.job_id, "succeed", {"state": State.SUCCEEDED})
    return True


def fail(db: Database, lease: Lease, error: AtelierError) -> list[str]:
    """End the job with the error's code and message; gives files to delete. Raises LeaseLost."""
    with db.begin() as connection:
        _leave(
            connection,
            lease,
            Event.FAIL,
            error_code=error.code,
            error_message=error.message,
            error_detail=error.detail | ({"field": error.field} if error.field else {}),
            finished_at=now(),
        )
        end_attempt(connection, lease, "failed", error.code)
        log.write(
            connection,
            lease.job_id,
            "fail",
            {"state": State.FAILED, "code": error.code, "message": error.message},
        )
        return release(connection, lease.job_id)


def canceled(db: Database, lease: Lease) -> list[str]:
    """The worker saw the owner's wish and stopped; gives files to delete. Raises LeaseLost."""
    with db.begin() as connection:
        _leave(connection, lease, Event.CANCEL, reason=Reason.OWNER, finished_at=now())
        end_attempt(connection, lease, "canceled", Reason.OWNER)
        log.write(connection, lease.job_id, "cancel", {"state": State.CANCELED, "reason": Reason.OWNER})
        return release(connection, lease.job_id)


def requeue(db: Database, lease: Lease, reason: Reason, *, delay_seconds: float = 0.0) -> None:
    """Give the job back to the queue; a hand-back (drained, preempted) costs no attempt. Raises LeaseLost."""
    with db.begin() as connection:
        changes: dict[str, Any] = {"reason": reason, "not_before": now() + delay_seconds}
        if reason in HAND_BACKS:
            changes["attempt"] = jobs.c.attempt - 1
        _leave(connection, lease, Event.REQUEUE, **changes)
        end_attempt(connection, lease, "requeued", reason)
        log.write(connection, lease.job_id, "requeue", {"state": State.QUEUED, "reason": reason})


def end_attempt(connection: Connection, lease: Lease, outcome: str, reason: str | None) -> None:
    """Close the attempt that this lease opened."""
    connection.execute(
        update(attempts)
        .where(attempts.c.job_id == lease.job_id, attempts.c.lease_token == lease.token)
        .values(ended_at=now(), outcome=outcome, reason=reason)
    )


def _leave(connection: Connection, lease: Lease, event: Event, **changes: Any) -> None:
    state = next_state(State.PROCESSING, event)
    done = connection.execute(update(jobs).where(held(lease)).values(state=state, **LEFT, **changes))
    if done.rowcount != 1:
        raise LeaseLost(f"job {lease.job_id} is no longer held with token {lease.token}")
