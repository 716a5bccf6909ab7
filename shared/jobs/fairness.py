"""Start-time fair queueing over owners (Goyal, Vin, Cheng 1996), one virtual clock a lane.

A job's start tag is the later of its owner's last finish tag and the lane's virtual time; the finish tag is
the start plus the job's estimated device seconds divided by the owner's weight. Claims go by start tags, so
someone with one job waits about as long as one job of everybody else, whatever stands behind them.
"""

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update

from shared.prepared import Prepared
from shared.tables import PROCESSING, READY, fair_shares, jobs

_OWNER: BindParameter[str] = bindparam("the_owner")
_LANE: BindParameter[str] = bindparam("the_lane")
_FINISH: BindParameter[float] = bindparam("finish")
_MINE = (fair_shares.c.owner_id == _OWNER, fair_shares.c.lane == _LANE)
_SHARE = select(fair_shares.c.virtual_finish).where(*_MINE).scalar_subquery()
_OPEN = Prepared(insert(fair_shares).values(owner_id=_OWNER, lane=_LANE, virtual_finish=_FINISH))
_CHARGE = Prepared(update(fair_shares).where(*_MINE).values(virtual_finish=_FINISH))
_IN_SERVICE = select(func.max(jobs.c.virtual_start)).where(jobs.c.lane == _LANE, PROCESSING)
_FIRST_IN_LINE = (
    select(jobs.c.virtual_start)
    .where(jobs.c.lane == _LANE, READY)
    .order_by(jobs.c.rank.desc(), jobs.c.virtual_start, jobs.c.id)
    .limit(1)
)
_IDLE = select(func.max(fair_shares.c.virtual_finish)).where(fair_shares.c.lane == _LANE)
# The virtual time of a lane is the largest start tag in service, else that of the first in line. An idle lane
# stands at its largest finish tag, as the paper has it: nobody starts in the past.
_VIRTUAL_TIME = func.coalesce(
    _IN_SERVICE.scalar_subquery(), _FIRST_IN_LINE.scalar_subquery(), _IDLE.scalar_subquery(), 0.0
)
_STANDS = Prepared(select(_SHARE, _VIRTUAL_TIME))


def take_share(
    connection: Connection, *, owner_id: str, lane: str, cost_seconds: float, weight: float
) -> float:
    """Charge an owner for a job and give its start tag. The caller's transaction has locked the owner."""
    mine = {"the_owner": owner_id, "the_lane": lane}
    [(finish, virtual_time)] = _STANDS.rows(connection, mine)
    start = max(float(finish or 0.0), float(virtual_time))
    charge = _OPEN if finish is None else _CHARGE
    charge.run(connection, mine | {"finish": start + cost_seconds / weight})
    return start


def refund(connection: Connection, *, owner_id: str, lane: str, cost_seconds: float, weight: float) -> None:
    """What was never run is not charged: the owner's next job starts that much earlier."""
    connection.execute(
        update(fair_shares)
        .where(fair_shares.c.owner_id == owner_id, fair_shares.c.lane == lane)
        .values(virtual_finish=fair_shares.c.virtual_finish - cost_seconds / weight)
    )
