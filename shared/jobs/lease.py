"""What a worker writes while it holds a job. Each write is guarded by the state and the lease token."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from shared.database import Database, now
from shared.errors import LeaseLost
from shared.files import insert_artifact, referenced
from shared.jobs import log
from shared.lifecycle import State
from shared.records import Checkpoint, Lease, NewArtifact, NewCheckpoint, Progress, Signals
from shared.tables import artifacts, checkpoints, jobs, training_metrics


def held(lease: Lease) -> ColumnElement[bool]:
    """The guard: the row is still processing under this lease's token (I2, I7)."""
    return and_(
        jobs.c.id == lease.job_id,
        jobs.c.state == State.PROCESSING,
        jobs.c.lease_token == lease.token,
    )


def held_all() -> ColumnElement[bool]:
    """``held`` for any of several leases, in one condition; the values come from ``keys_of``.

    The ids alone stand there for SQLite, which finds no index for a row value.
    """
    return and_(
        jobs.c.id.in_(bindparam("the_ids", expanding=True)),
        tuple_(jobs.c.id, jobs.c.lease_token).in_(bindparam("the_keys", expanding=True)),
        jobs.c.state == State.PROCESSING,
    )


def keys_of(leases: Sequence[Lease]) -> dict[str, Any]:
    """The parameters of ``held_all`` and of every other condition on jobs and tokens."""
    return {
        "the_ids": [lease.job_id for lease in leases],
        "the_keys": [(lease.job_id, lease.token) for lease in leases],
    }


def hold(connection: Connection, lease: Lease, **changes: Any) -> Row[Any]:
    """Write ``changes`` to the held row and give it back; with none, only lock and check it.

    Raises:
        LeaseLost: zero rows matched; the job is somebody else's or done.
    """
    row = connection.execute(
        update(jobs)
        .where(held(lease))
        .values(**(changes or {"lease_token": lease.token}))
        .returning(jobs.c.cancel_requested, jobs.c.stop_requested, jobs.c.paused, jobs.c.owner_id)
    ).one_or_none()
    if row is None:
        raise LeaseLost(f"job {lease.job_id} is no longer held with token {lease.token}")
    return row


def heartbeat(
    db: Database, lease: Lease, *, lease_seconds: float, progress: Progress | None = None
) -> Signals:
    """Renew the lease, store the progress and learn what the owner asked.

    Raises:
        LeaseLost: the work must stop; nothing was written.
    """
    changes: dict[str, Any] = {"lease_expires_at": now() + lease_seconds}
    if progress is not None:
        changes["progress"] = min(1.0, max(0.0, progress.fraction))
        changes["progress_detail"] = dict(progress.detail)
        changes["progress_at"] = now()
    with db.begin() as connection:
        row = hold(connection, lease, **changes)
    return Signals(row.cancel_requested, row.stop_requested, row.paused)


def note(db: Database, lease: Lease, kind: str, data: Mapping[str, Any]) -> None:
    """Add an entry of the worker's own to the timeline. Raises LeaseLost."""
    with db.begin() as connection:
        hold(connection, lease)
        log.write(connection, lease.job_id, kind, data)


def checkpointed(db: Database, lease: Lease, checkpoint: NewCheckpoint) -> None:
    """Record a stored training state; the next attempt goes on from the latest one. Raises LeaseLost."""
    with db.begin() as connection:
        hold(connection, lease, progress_at=now())
        connection.execute(
            delete(checkpoints).where(
                checkpoints.c.job_id == lease.job_id, checkpoints.c.step == checkpoint.step
            )
        )
        connection.execute(
            insert(checkpoints).values(
                job_id=lease.job_id,
                step=checkpoint.step,
                lease_token=lease.token,
                hash=checkpoint.blob.hash,
                size=checkpoint.blob.size,
                meta=dict(checkpoint.meta),
                created_at=now(),
            )
        )


def latest_checkpoint(db: Database, job_id: str) -> Checkpoint | None:
    """The training state to go on from, if the job has one."""
    with db.read() as connection:
        row = connection.execute(
            select(checkpoints)
            .where(checkpoints.c.job_id == job_id)
            .order_by(checkpoints.c.step.desc())
            .limit(1)
        ).one_or_none()
    if row is None:
        return None
    return Checkpoint(row.job_id, row.step, row.hash, row.size, row.meta, row.created_at)


def forget_checkpoints(db: Database, lease: Lease, *, keep: int) -> list[str]:
    """Drop all but the newest ``keep`` checkpoints; gives the hashes nothing refers to any more.

    Raises:
        LeaseLost: nothing was dropped.
    """
    with db.begin() as connection:
        hold(connection, lease)
        return drop_checkpoints(connection, lease.job_id, keep=keep)


def drop_checkpoints(connection: Connection, job_id: str, *, keep: int) -> list[str]:
    """Remove checkpoint rows of a job inside a transaction; gives the hashes left without a reference."""
    rows = connection.execute(
        select(checkpoints.c.step, checkpoints.c.hash)
        .where(checkpoints.c.job_id == job_id)
        .order_by(checkpoints.c.step.desc())
    ).all()
    old = rows[keep:]
    for row in old:
        connection.execute(
            delete(checkpoints).where(checkpoints.c.job_id == job_id, checkpoints.c.step == row.step)
        )
    return [row.hash for row in old if not referenced(connection, row.hash)]


def release(connection: Connection, job_ids: Sequence[str]) -> list[str]:
    """Drop what ended jobs need no more, their checkpoints and the uploads they were given.

    Runs inside the transaction that ends the jobs; gives the hashes of checkpoints, whose files nobody else
    can want. An upload's bytes may just be coming again with another request: they are left to the garbage
    collection.
    """
    if not job_ids:
        return []
    connection.execute(
        delete(artifacts).where(artifacts.c.job_id.in_(job_ids), artifacts.c.role == "upload")
    )
    forgotten = delete(checkpoints).where(checkpoints.c.job_id.in_(job_ids))
    hashes = set(connection.execute(forgotten.returning(checkpoints.c.hash)).scalars())
    return sorted(hash for hash in hashes if not referenced(connection, hash))


def record_metrics(db: Database, lease: Lease, step: int, metrics: Mapping[str, float]) -> None:
    """Store figures of one optimizer step; after a resume the same step is written over. Raises LeaseLost."""
    with db.begin() as connection:
        hold(connection, lease)
        connection.execute(
            delete(training_metrics).where(
                training_metrics.c.job_id == lease.job_id, training_metrics.c.step >= step
            )
        )
        connection.execute(
            insert(training_metrics).values(job_id=lease.job_id, step=step, at=now(), metrics=dict(metrics))
        )


def add_artifact(db: Database, lease: Lease, artifact: NewArtifact) -> str:
    """Record a file while the job runs (a preview); gives its id. Raises LeaseLost.

    A resumed training makes again what it made behind its checkpoint: such a file keeps its one row.
    """
    with db.begin() as connection:
        owner_id = hold(connection, lease, progress_at=now()).owner_id
        known = connection.execute(
            select(artifacts.c.id).where(
                artifacts.c.job_id == lease.job_id,
                artifacts.c.role == artifact.role,
                artifacts.c.name == artifact.name,
                artifacts.c.position == artifact.position,
                artifacts.c.hash == artifact.blob.hash,
            )
        ).scalar()
        if known is not None:
            return str(known)
        return insert_artifact(connection, artifact, owner_id=owner_id, job_id=lease.job_id)
