"""Queueing a job: idempotency key, quota, cache look-up and the insert, in one transaction."""

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.database import Database, now
from shared.errors import IdempotencyMismatch, NotFound, QuotaExceeded
from shared.ids import new_id
from shared.jobs import log
from shared.lifecycle import Reason, State
from shared.records import Job, NewJob, Submitted, job_of
from shared.tables import artifacts, jobs, owners


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def cache_key(version_id: str, family_version: str, operation: str, input: Any) -> str:
    """The name under which equal requests find each other's results (SHA-256, 64 hex digits)."""
    text = canonical([version_id, family_version, operation, input])
    return hashlib.sha256(text.encode()).hexdigest()


def submit(db: Database, new: NewJob, *, max_queued: int = 1000) -> Submitted:
    """Queue ``new``; when this returns it is committed.

    A known idempotency key gives the earlier job; a stored result of an equal request is taken at once.

    Raises:
        IdempotencyMismatch: the key was used for another request.
        QuotaExceeded: the owner has ``max_queued`` jobs waiting.
        NotFound: no such owner.
    """
    request_hash = _request_hash(new)
    try:
        with db.begin() as connection:
            return _submit(connection, new, request_hash, max_queued)
    except IntegrityError:
        # Two requests with one idempotency key at the same moment: the other one won.
        with db.begin() as connection:
            known = _known(connection, new, request_hash)
            if known is None:
                raise
            return Submitted(known, created=False)


def _submit(connection: Connection, new: NewJob, request_hash: str, max_queued: int) -> Submitted:
    known = _known(connection, new, request_hash)
    if known is not None:
        return Submitted(known, created=False)
    owner = connection.execute(
        select(owners.c.weight, owners.c.virtual_finish).where(owners.c.id == new.owner_id).with_for_update()
    ).one_or_none()
    if owner is None:
        raise NotFound(f"there is no owner {new.owner_id!r}")
    twin = _twin(connection, new)
    if twin is not None:
        return Submitted(_insert_cached(connection, new, request_hash, twin), created=True)
    waiting = connection.execute(
        select(func.count()).where(jobs.c.owner_id == new.owner_id, jobs.c.state == State.QUEUED)
    ).scalar_one()
    if waiting >= max_queued:
        raise QuotaExceeded(f"{waiting} jobs are waiting already; wait for some to finish or cancel some")
    start = max(float(owner.virtual_finish), _virtual_time(connection, new.lane))
    connection.execute(
        update(owners)
        .where(owners.c.id == new.owner_id)
        .values(virtual_finish=start + new.cost_seconds / float(owner.weight))
    )
    values = _values(new, request_hash) | {"virtual_start": start, "state": State.QUEUED}
    job = job_of(connection.execute(insert(jobs).values(**values).returning(jobs)).one())
    if new.uploads:
        mine = artifacts.c.id.in_(new.uploads), artifacts.c.owner_id == new.owner_id
        connection.execute(update(artifacts).where(*mine).values(job_id=job.id))
    log.write(connection, job.id, "submitted", {"state": job.state})
    return Submitted(job, created=True)


def _request_hash(new: NewJob) -> str:
    sent = new.input if new.request is None else new.request
    wanted = [new.family, new.operation, new.version_id, new.model_id, dict(sent)]
    return hashlib.sha256(canonical(wanted).encode()).hexdigest()


def _known(connection: Connection, new: NewJob, request_hash: str) -> Job | None:
    if new.idempotency_key is None:
        return None
    row = connection.execute(
        select(jobs).where(jobs.c.owner_id == new.owner_id, jobs.c.idempotency_key == new.idempotency_key)
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise IdempotencyMismatch("this idempotency key was used for another request; use a fresh one")
    return job_of(row)


def _twin(connection: Connection, new: NewJob) -> Job | None:
    if new.cache_key is None:
        return None
    row = connection.execute(
        select(jobs)
        .where(jobs.c.cache_key == new.cache_key, jobs.c.state == State.SUCCEEDED)
        .where(jobs.c.owner_id == new.owner_id, jobs.c.cached_from.is_(None))
        .order_by(jobs.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else job_of(row)


def _insert_cached(connection: Connection, new: NewJob, request_hash: str, twin: Job) -> Job:
    values = _values(new, request_hash) | {
        "virtual_start": 0.0,
        "state": State.SUCCEEDED,
        "reason": Reason.CACHED,
        "cached_from": twin.id,
        "output": twin.output,
        "progress": 1.0,
        "started_at": now(),
        "finished_at": now(),
    }
    job = job_of(connection.execute(insert(jobs).values(**values).returning(jobs)).one())
    files = connection.execute(select(artifacts).where(artifacts.c.job_id == twin.id)).mappings().all()
    for file in files:
        copy = dict(file) | {"id": new_id(), "job_id": job.id, "created_at": now()}
        connection.execute(insert(artifacts).values(**copy))
    log.write(connection, job.id, "submitted", {"state": job.state, "reason": Reason.CACHED, "from": twin.id})
    return job


def _virtual_time(connection: Connection, lane: str) -> float:
    """The lane's virtual time: the start tag of the job in service, else of the first one waiting.

    Start-time fair queueing (Goyal, Vin, Cheng 1996): an owner who was away starts here, not in the past.
    """
    tags = {State.PROCESSING: func.max(jobs.c.virtual_start), State.QUEUED: func.min(jobs.c.virtual_start)}
    for state, column in tags.items():
        value = connection.execute(
            select(column).where(jobs.c.lane == lane, jobs.c.state == state)
        ).scalar_one()
        if value is not None:
            return float(value)
    return 0.0


def _values(new: NewJob, request_hash: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "owner_id": new.owner_id,
        "family": new.family,
        "operation": new.operation,
        "lane": new.lane,
        "model_id": new.model_id,
        "version_id": new.version_id,
        "input": dict(new.input),
        "batch_key": new.batch_key,
        "cache_key": new.cache_key,
        "idempotency_key": new.idempotency_key,
        "request_hash": request_hash,
        "priority": new.priority,
        "cost_seconds": new.cost_seconds,
        "max_attempts": new.max_attempts,
        "deadline_at": None if new.deadline_seconds is None else now() + new.deadline_seconds,
        "stall_seconds": new.stall_seconds,
        "progress_detail": {},
        "created_at": now(),
    }
