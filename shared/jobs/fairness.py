"""Start-time fair queueing over owners (Goyal, Vin, Cheng 1996), one virtual clock a lane.

A job's start tag is the later of its owner's last finish tag and the lane's virtual time; the finish tag is
the start plus the job's estimated device seconds divided by the owner's weight. Claims go by start tags, so
someone with one job waits about as long as one job of everybody else, whatever stands behind them.
"""

from sqlalchemy import Connection, func, insert, select, update

from shared.tables import PROCESSING, READY, fair_shares, jobs


def take_share(
    connection: Connection, *, owner_id: str, lane: str, cost_seconds: float, weight: float
) -> float:
    """Charge an owner for a job and give its start tag. The caller's transaction has locked the owner."""
    mine = (fair_shares.c.owner_id == owner_id, fair_shares.c.lane == lane)
    finish = connection.execute(select(fair_shares.c.virtual_finish).where(*mine)).scalar_one_or_none()
    start = max(float(finish or 0.0), virtual_time(connection, lane))
    after = start + cost_seconds / weight
    if finish is None:
        connection.execute(
            insert(fair_shares).values(owner_id=owner_id, lane=lane, virtual_finish=after)
        )
    else:
        connection.execute(update(fair_shares).where(*mine).values(virtual_finish=after))
    return start


def refund(connection: Connection, *, owner_id: str, lane: str, cost_seconds: float, weight: float) -> None:
    """What was never run is not charged: the owner's next job starts that much earlier."""
    connection.execute(
        update(fair_shares)
        .where(fair_shares.c.owner_id == owner_id, fair_shares.c.lane == lane)
        .values(virtual_finish=fair_shares.c.virtual_finish - cost_seconds / weight)
    )


def virtual_time(connection: Connection, lane: str) -> float:
    """The lane's virtual time: the largest start tag in service; else that of the first in line.

    An idle lane stands at its largest finish tag, as the paper has it: nobody starts in the past.
    """
    in_service = select(func.max(jobs.c.virtual_start)).where(jobs.c.lane == lane, PROCESSING)
    first = (
        select(jobs.c.virtual_start)
        .where(jobs.c.lane == lane, READY)
        .order_by(jobs.c.rank.desc(), jobs.c.virtual_start, jobs.c.id)
        .limit(1)
    )
    idle = select(func.max(fair_shares.c.virtual_finish)).where(fair_shares.c.lane == lane)
    for look in (in_service, first, idle):
        value = connection.execute(look).scalar()
        if value is not None:
            return float(value)
    return 0.0
