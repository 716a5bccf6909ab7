"""Ageing: what waits behind a higher rank rises step by step, so no priority starves another for ever.

The rule: a job that is claimable and of lower rank than the first in its lane gains ``step`` each
``after_seconds`` of waiting, the earliest start tags first, until it stands level. Its priority, what its
owner asked for, is left as it is.
"""

from sqlalchemy import Connection, case, select, update

from shared.database import Database, now
from shared.lifecycle import LANES
from shared.tables import READY, jobs

STEP = 10
AFTER_SECONDS = 60.0
PAGE = 500


def age(db: Database, *, step: int = STEP, after_seconds: float = AFTER_SECONDS) -> int:
    """Raise what has waited long enough; gives how many jobs rose. Idempotent within ``after_seconds``."""
    risen = 0
    for lane in LANES:
        with db.read() as connection:
            highest, lowest = (_end(connection, lane, best) for best in (True, False))
        if highest is not None and lowest is not None and lowest < highest:
            risen += _raise(db, lane, highest, step, after_seconds)
    return risen


def _end(connection: Connection, lane: str, best: bool) -> int | None:
    """The rank of the first or the last in line; one index look-up."""
    order = jobs.c.rank.desc() if best else jobs.c.rank
    return connection.execute(
        select(jobs.c.rank).where(READY, jobs.c.lane == lane).order_by(order).limit(1)
    ).scalar()


def _raise(db: Database, lane: str, highest: int, step: int, after_seconds: float) -> int:
    due = (
        select(jobs.c.id)
        .where(
            READY,
            jobs.c.lane == lane,
            jobs.c.rank < highest,
            jobs.c.ranked_at <= now() - after_seconds,
        )
        .order_by(jobs.c.virtual_start, jobs.c.id)
        .limit(PAGE)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    with db.begin() as connection:
        risen = connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(select(due.c.id)), READY)
            .values(
                rank=case((jobs.c.rank + step > highest, highest), else_=jobs.c.rank + step),
                ranked_at=now(),
            )
            .returning(jobs.c.id)
        ).all()
    return len(risen)
