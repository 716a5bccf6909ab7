"""Queueing a job: idempotency key, quota, cache look-up and the insert, in one transaction."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    bindparam,
    cast,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from shared.database import Database, now
from shared.errors import IdempotencyMismatch, InvalidInput, NotFound, QuotaExceeded
from shared.files import keep_upload
from shared.ids import new_id
from shared.jobs import followers, log
from shared.jobs.fairness import take_share
from shared.lifecycle import Reason, State
from shared.prepared import Prepared
from shared.records import Job, NewJob, Submitted, job_from, job_of
from shared.tables import JOB, QUEUED, artifacts, jobs, owners

# FOR NO KEY UPDATE: rows that name the owner can be inserted meanwhile.
_OWNER = Prepared(
    select(owners.c.weight).where(owners.c.id == bindparam("the_owner")).with_for_update(key_share=True)
)
_LAST_ALLOWED = Prepared(
    select(jobs.c.id)
    .where(jobs.c.owner_id == bindparam("the_owner"), QUEUED)
    .limit(1)
    .offset(bindparam("before", type_=Integer))
)
_COMMON = (
    "id owner_id family operation lane model_id version_id input batch_key cache_key idempotency_key "
    "request_hash priority rank retried_from virtual_start cost_seconds state max_attempts stall_seconds "
    "progress_detail follows"
)
_CACHED = "reason cached_from output progress"


def _insert(columns: str, **more: ColumnElement[Any]) -> Prepared:
    given = {name: bindparam(name, type_=jobs.c[name].type) for name in columns.split()}
    deadline = now() + cast(bindparam("deadline_seconds"), Double)
    return Prepared(
        insert(jobs)
        .values(**given, created_at=now(), ranked_at=now(), deadline_at=deadline, **more)
        .returning(*JOB)
    )


_INSERT = _insert(_COMMON)
_INSERT_CACHED = _insert(f"{_COMMON} {_CACHED}", started_at=now(), finished_at=now())


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return _ENCODER.encode(value)


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
        InvalidInput: an attached file is gone; the error names the field.
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
    owner = _OWNER.row(connection, {"the_owner": new.owner_id})
    if owner is None:
        raise NotFound(f"there is no owner {new.owner_id!r}")
    _keep_attached(connection, new)
    equal = followers.equal_to(connection, new.owner_id, new.cache_key)
    if equal is not None and equal.state is State.SUCCEEDED:
        return Submitted(_insert_cached(connection, new, request_hash, equal), created=True)
    leader = None if equal is None else followers.follow(connection, equal, new.priority)
    _check_quota(connection, new.owner_id, max_queued)
    values = _values(new, request_hash) | {"state": State.QUEUED, "follows": leader, "virtual_start": 0.0}
    if leader is None:
        values["virtual_start"] = take_share(
            connection,
            owner_id=new.owner_id,
            lane=new.lane,
            cost_seconds=new.cost_seconds,
            weight=float(owner[0]),
        )
    job = _inserted(connection, _INSERT, values)
    if new.uploads:
        mine = artifacts.c.id.in_(new.uploads), artifacts.c.owner_id == new.owner_id
        connection.execute(update(artifacts).where(*mine).values(job_id=job.id))
    log.write(connection, job.id, "submitted", {"state": job.state} | ({"follows": leader} if leader else {}))
    return Submitted(job, created=True)


def _keep_attached(connection: Connection, new: NewJob) -> None:
    # In one order, so that two requests that name the same files do not wait for each other.
    for name, upload in sorted(new.attached.items(), key=lambda item: item[1]):
        if not keep_upload(connection, upload, new.owner_id):
            raise InvalidInput(f"{name}: the file is gone; send it again", field=name, code="unknown_work")


def _check_quota(connection: Connection, owner_id: str, max_queued: int) -> None:
    if _LAST_ALLOWED.row(connection, {"the_owner": owner_id, "before": max_queued - 1}) is not None:
        raise QuotaExceeded(f"{max_queued} jobs are waiting already; wait for some to finish or cancel some")


def _request_hash(new: NewJob) -> str:
    sent = new.input if new.request is None else new.request
    wanted = [new.family, new.operation, new.version_id, new.model_id, dict(sent), new.priority]
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


def _inserted(connection: Connection, statement: Prepared, values: Mapping[str, Any]) -> Job:
    [row] = statement.rows(connection, values)
    return job_from(row)


def _insert_cached(connection: Connection, new: NewJob, request_hash: str, twin: Job) -> Job:
    values = _values(new, request_hash) | {
        "virtual_start": 0.0,
        "follows": None,
        "state": State.SUCCEEDED,
        "reason": Reason.CACHED,
        "cached_from": twin.id,
        "output": twin.output,
        "progress": 1.0,
    }
    job = _inserted(connection, _INSERT_CACHED, values)
    followers.copy_artifacts(connection, twin.id, job.id)
    log.write(connection, job.id, "submitted", {"state": job.state, "reason": Reason.CACHED, "from": twin.id})
    return job


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
        "rank": new.priority,
        "retried_from": new.retried_from,
        "cost_seconds": new.cost_seconds,
        "max_attempts": new.max_attempts,
        "deadline_seconds": new.deadline_seconds,
        "stall_seconds": new.stall_seconds,
        "progress_detail": {},
    }
