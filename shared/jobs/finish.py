"""How a held job ends or goes back to the queue; each function is one guarded transaction."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Row,
    bindparam,
    literal_column,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import Database, now
from shared.datasets import insert_dataset
from shared.errors import AtelierError, Conflict, InvalidInput, LeaseLost
from shared.files import insert_artifacts
from shared.jobs import followers, log
from shared.jobs.lease import held, held_all, keys_of, release
from shared.library import insert_version
from shared.lifecycle import HAND_BACKS, Event, Reason, State, next_state
from shared.records import Lease, Leftovers, Result
from shared.tables import JSON, artifacts, attempts, checkpoints, jobs

LEFT = {"worker_id": None, "lease_expires_at": None}

# The statements of every job are built once: building them took longer than running them.
_END_ATTEMPTS = (
    update(attempts)
    .where(
        # The ids alone stand there for SQLite, which finds no index for a row value.
        attempts.c.job_id.in_(bindparam("the_ids", expanding=True)),
        tuple_(attempts.c.job_id, attempts.c.lease_token).in_(bindparam("the_keys", expanding=True)),
    )
    .values(ended_at=now(), outcome=bindparam("the_outcome"), reason=bindparam("the_reason"))
)
_IDS: BindParameter[Any] = bindparam("the_ids", expanding=True)
_ATTACHED: CompoundSelect[Any] = union_all(
    select(literal_column("'follower'")).where(jobs.c.follows.in_(_IDS)),
    select(literal_column("'leftover'")).where(artifacts.c.job_id.in_(_IDS), artifacts.c.role == "upload"),
    select(literal_column("'leftover'")).where(checkpoints.c.job_id.in_(_IDS)),
)


def succeed(db: Database, results: Iterable[tuple[Lease, Result]]) -> tuple[list[Lease], list[str]]:
    """Record the results of a batch in one transaction; jobs that follow one of the batch end with it.

    Gives the leases whose result did not count (the lease was lost, or the owner had asked to cancel:
    I1, I6) and the hashes of files (checkpoints, uploads) that nothing needs any more.
    """
    given = list(results)
    with db.begin() as connection:
        rows = {row.id: row for row in _enter_success(connection, given)}
        # By job and token: an old lease of a job that now succeeds beside it counts for nothing.
        keys = {(row.id, row.lease_token) for row in rows.values()}
        counted = [(lease, result) for lease, result in given if (lease.job_id, lease.token) in keys]
        for lease, result in counted:
            _record_result(connection, lease, result, rows[lease.job_id])
        end_attempts(connection, [lease for lease, _ in counted], "succeeded", None)
        log.write_all(connection, [(id, Event.SUCCEED, {"state": State.SUCCEEDED}) for id in rows])
        attached = _attached(connection, list(rows))
        if "follower" in attached:
            followers.share_success(connection, list(rows))
        unneeded = release(connection, list(rows)) if "leftover" in attached else []
    return [lease for lease, _ in given if (lease.job_id, lease.token) not in keys], unneeded


def _attached(connection: Connection, job_ids: Sequence[str]) -> set[str]:
    """What hangs on jobs that have just ended: a ``follower``, a ``leftover`` (an upload, a checkpoint).

    Most have neither: one look is cheaper than three statements that find nothing. It comes after the jobs'
    rows were written: who wants to follow one of them has done so by now, or finds it ended.
    """
    return set(connection.execute(_ATTACHED, {"the_ids": job_ids}).scalars()) if job_ids else set()


@cache
def _success() -> ReturningUpdate[Any]:
    return (
        update(jobs)
        .where(held_all(), jobs.c.cancel_requested.is_(False))
        .values(
            state=next_state(State.PROCESSING, Event.SUCCEED),
            reason=None,
            output=bindparam("the_output", type_=JSON),
            progress=1.0,
            finished_at=now(),
            **LEFT,
        )
        .returning(jobs.c.id, jobs.c.lease_token, jobs.c.owner_id, jobs.c.model_id)
    )


def _enter_success(connection: Connection, given: Sequence[tuple[Lease, Result]]) -> list[Row[Any]]:
    """Move to succeeded what is still held and not canceled; jobs with equal output in one statement."""
    alike: dict[str, list[tuple[Lease, Result]]] = {}
    for lease, result in given:
        alike.setdefault(json.dumps(result.output, sort_keys=True, default=str), []).append((lease, result))
    rows: list[Row[Any]] = []
    for group in alike.values():
        values = keys_of([lease for lease, _ in group]) | {"the_output": dict(group[0][1].output)}
        rows += connection.execute(_success(), values).all()
    return rows


def _record_result(connection: Connection, lease: Lease, result: Result, row: Row[Any]) -> None:
    output = dict(result.output)
    version_id = None
    if result.version is not None:
        if row.model_id is None:
            raise InvalidInput("this job names no model to put a version in")
        version_id = insert_version(connection, result.version, model_id=row.model_id, job_id=lease.job_id)
        output["version"] = version_id
    insert_artifacts(
        connection, result.artifacts, owner_id=row.owner_id, job_id=lease.job_id, version_id=version_id
    )
    if result.dataset is not None:
        output["dataset"] = insert_dataset(
            connection, result.dataset, owner_id=row.owner_id, job_id=lease.job_id
        )
    if output != dict(result.output):
        connection.execute(update(jobs).where(jobs.c.id == lease.job_id).values(output=output))


def fail(db: Database, lease: Lease, error: AtelierError) -> list[str]:
    """End the job with the error's code and message; gives files to delete. Raises LeaseLost."""
    with db.begin() as connection:
        told = {
            "error_code": error.code,
            "error_message": error.message,
            "error_detail": error.detail | ({"field": error.field} if error.field else {}),
        }
        _leave(connection, lease, Event.FAIL, finished_at=now(), **told)
        end_attempts(connection, [lease], "failed", error.code)
        followers.share_failure(connection, lease.job_id, told)
        log.write(
            connection,
            lease.job_id,
            "fail",
            {"state": State.FAILED, "code": error.code, "message": error.message},
        )
        return release(connection, [lease.job_id])


def canceled(db: Database, lease: Lease) -> Leftovers:
    """The worker saw the owner's wish and stopped. Raises LeaseLost."""
    with db.begin() as connection:
        _leave(connection, lease, Event.CANCEL, reason=Reason.OWNER, finished_at=now())
        end_attempts(connection, [lease], "canceled", Reason.OWNER)
        promoted = followers.promote(connection, lease.job_id)
        log.write(connection, lease.job_id, "cancel", {"state": State.CANCELED, "reason": Reason.OWNER})
        return Leftovers(release(connection, [lease.job_id]), promoted)


def requeue(db: Database, lease: Lease, reason: Reason, *, delay_seconds: float = 0.0) -> None:
    """Give the job back to the queue; a hand-back (drained, preempted, paused) costs no attempt.

    Raises:
        LeaseLost: the job is somebody else's or done.
        Conflict: this was its last attempt; it can only end.
    """
    with db.begin() as connection:
        changes: dict[str, Any] = {"reason": reason, "not_before": now() + delay_seconds}
        if reason in HAND_BACKS:
            changes["attempt"] = jobs.c.attempt - 1
        _leave(connection, lease, Event.REQUEUE, **changes)
        # In the queue it would make every claim of its lane fail (I4).
        used_up = select(jobs.c.id).where(jobs.c.id == lease.job_id, jobs.c.attempt >= jobs.c.max_attempts)
        if connection.execute(used_up).first() is not None:
            raise Conflict(f"job {lease.job_id} has no attempt left")
        end_attempts(connection, [lease], "requeued", reason)
        log.write(connection, lease.job_id, "requeue", {"state": State.QUEUED, "reason": reason})


def end_attempts(
    connection: Connection, leases: Sequence[Lease], outcome: str, reason: str | None
) -> None:
    """Close the attempts that these leases opened."""
    if not leases:
        return
    connection.execute(_END_ATTEMPTS, keys_of(leases) | {"the_outcome": outcome, "the_reason": reason})


def _leave(connection: Connection, lease: Lease, event: Event, **changes: Any) -> None:
    state = next_state(State.PROCESSING, event)
    done = connection.execute(update(jobs).where(held(lease)).values(state=state, **LEFT, **changes))
    if done.rowcount != 1:
        raise LeaseLost(f"job {lease.job_id} is no longer held with token {lease.token}")
