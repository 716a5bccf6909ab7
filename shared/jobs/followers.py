"""Equal requests in flight share one execution: the later ones follow the first and end as it ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, insert, literal_column, or_, select, update

from shared.database import now
from shared.ids import new_id
from shared.jobs import log
from shared.lifecycle import Event, Reason, State, next_state
from shared.prepared import Prepared
from shared.records import Job, job_from, job_of
from shared.tables import JOB, PROCESSING, QUEUED, artifacts, jobs

_HAS_A_RESULT = and_(jobs.c.state == literal_column("'succeeded'"), jobs.c.cached_from.is_(None))
_CAN_BE_FOLLOWED = and_(
    or_(QUEUED, PROCESSING),
    jobs.c.follows.is_(None),
    jobs.c.cancel_requested.is_(False),
    jobs.c.paused.is_(False),
)
# One look for both: between two looks the one in flight could end.
_EQUAL = Prepared(
    select(*JOB)
    .where(
        jobs.c.cache_key == bindparam("the_key"),
        jobs.c.owner_id == bindparam("the_owner"),
        or_(_HAS_A_RESULT, _CAN_BE_FOLLOWED),
    )
    .order_by(case((_HAS_A_RESULT, 0), else_=1), jobs.c.id)
    .limit(1)
    .with_for_update()
)


def equal_to(connection: Connection, owner_id: str, cache_key: str | None) -> Job | None:
    """An equal job that has succeeded, else one that waits or runs; locked until the transaction ends."""
    if cache_key is None:
        return None
    values = _EQUAL.row(connection, {"the_key": cache_key, "the_owner": owner_id})
    return None if values is None else job_from(values)


def follow(connection: Connection, leader: Job, rank: int) -> str:
    """Be served with ``leader``, which ``equal_to`` gave; gives its id.

    When it waits it is moved up to ``rank``, so that nobody waits longer for having asked second.
    """
    if leader.state is State.QUEUED and leader.rank < rank:
        connection.execute(update(jobs).where(jobs.c.id == leader.id).values(rank=rank, ranked_at=now()))
    return leader.id


def leader_of(connection: Connection, job_id: str) -> Job | None:
    """The job that another follows, locked until the transaction ends; None when it follows none."""
    follows = connection.execute(select(jobs.c.follows).where(jobs.c.id == job_id)).scalar()
    if follows is None:
        return None
    row = connection.execute(select(jobs).where(jobs.c.id == follows).with_for_update()).one_or_none()
    return None if row is None else job_of(row)


def has_ready(connection: Connection, leader_id: str) -> bool:
    """Whether a job that its owner does not hold back follows this one."""
    ready = select(jobs.c.id).where(jobs.c.follows == leader_id, QUEUED, jobs.c.paused.is_(False))
    return connection.execute(ready.limit(1)).first() is not None


def share_success(connection: Connection, leader_ids: Sequence[str]) -> None:
    """The leaders succeeded: so do their followers, with copies of the files' rows."""
    # Locked: one whose owner cancels it at this moment has ended by itself and is told nothing more.
    rows = connection.execute(
        select(jobs.c.id, jobs.c.follows)
        .where(jobs.c.follows.in_(leader_ids), QUEUED)
        .order_by(jobs.c.id)
        .with_for_update()
    ).all()
    if not rows:
        return
    leaders = connection.execute(select(jobs.c.id, jobs.c.output).where(jobs.c.id.in_(leader_ids)))
    outputs = {row.id: row.output for row in leaders}
    for row in rows:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == row.id, QUEUED)
            .values(
                state=next_state(State.QUEUED, Event.SHARE),
                reason=Reason.CACHED,
                cached_from=row.follows,
                follows=None,
                output=outputs[row.follows],
                progress=1.0,
                started_at=func.coalesce(jobs.c.started_at, now()),
                finished_at=now(),
            )
        )
        copy_artifacts(connection, row.follows, row.id)
        data = {"state": State.SUCCEEDED, "reason": Reason.CACHED, "from": row.follows}
        log.write(connection, row.id, Event.SHARE, data)


def share_failure(connection: Connection, leader_id: str, error: Mapping[str, Any]) -> None:
    """The leader failed; an equal request would too. ``error``: error_code, error_message, error_detail."""
    ids = connection.execute(
        update(jobs)
        .where(jobs.c.follows == leader_id, QUEUED)
        .values(
            state=next_state(State.QUEUED, Event.FAIL), follows=None, finished_at=now(), **error
        )
        .returning(jobs.c.id)
    ).scalars().all()
    data = {
        "state": State.FAILED,
        "code": error["error_code"],
        "message": error["error_message"],
        "from": leader_id,
    }
    log.write_all(connection, [(id, Event.FAIL, data) for id in ids])


def promote(connection: Connection, leader_id: str) -> str | None:
    """The leader ends or is held back: the first follower takes its place, and the others follow that one.

    Gives the lane to ring; None when nobody followed.
    """
    # Locked: one that is canceled at this moment must not become the heir whom the others wait for.
    rows = connection.execute(
        select(jobs.c.id, jobs.c.lane)
        .where(jobs.c.follows == leader_id, QUEUED)
        .order_by(jobs.c.paused, jobs.c.id)
        .with_for_update()
    ).all()
    if not rows:
        return None
    heir, *rest = rows
    place = select(jobs.c.virtual_start, jobs.c.rank).where(jobs.c.id == leader_id)
    start, rank = connection.execute(place).one()
    connection.execute(
        update(jobs)
        .where(jobs.c.id == heir.id)
        .values(
            follows=None,
            virtual_start=start,
            rank=case((jobs.c.rank < rank, rank), else_=jobs.c.rank),
        )
    )
    if rest:
        others = jobs.c.id.in_([row.id for row in rest])
        connection.execute(update(jobs).where(others).values(follows=heir.id))
    told = [(heir.id, None), *((row.id, heir.id) for row in rest)]
    log.write_all(connection, [(id, "promoted", {"follows": follows}) for id, follows in told])
    return str(heir.lane)


def copy_artifacts(connection: Connection, from_job: str, to_job: str) -> None:
    """Give a job rows of its own for another job's files; the bytes are shared."""
    files = connection.execute(select(artifacts).where(artifacts.c.job_id == from_job)).mappings().all()
    copies = [dict(file) | {"id": new_id(), "job_id": to_job} for file in files if file["role"] != "upload"]
    if copies:
        connection.execute(insert(artifacts), copies)
