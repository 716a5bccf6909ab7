"""Who jobs belong to, and each one's share: a weight for fair queueing and a limit of running jobs."""

import math
from dataclasses import dataclass

from sqlalchemy import func, select, update

from shared.database import Database
from shared.errors import InvalidInput, NotFound
from shared.tables import PROCESSING, QUEUED, jobs, owners

LEAST_WEIGHT, MOST_WEIGHT = 0.01, 100.0
MOST_RUNNING = 100_000


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner; with weight 2 the work goes twice as fast as with 1 while both wait. ``max_running``: None is
    no limit.
    """

    id: str
    title: str
    weight: float
    max_running: int | None
    queued: int
    running: int


def get_owner(db: Database, owner_id: str) -> Owner:
    """The owner with what they have waiting and running. Raises NotFound."""
    theirs = jobs.c.owner_id == owner_id
    with db.read() as connection:
        row = connection.execute(select(owners).where(owners.c.id == owner_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no owner {owner_id!r}")
        queued, running = (
            connection.execute(select(func.count()).where(theirs, state)).scalar_one()
            for state in (QUEUED, PROCESSING)
        )
    return Owner(row.id, row.title, row.weight, row.max_running, queued, running)


def set_weight(db: Database, owner_id: str, weight: float) -> None:
    """Change an owner's share of the devices, for jobs submitted from now on.

    Raises:
        InvalidInput: the weight is not between 0.01 and 100.
        NotFound: no such owner.
    """
    if not math.isfinite(weight) or not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        raise InvalidInput(f"a weight is between {LEAST_WEIGHT:g} and {MOST_WEIGHT:g}", field="weight")
    _change(db, owner_id, {"weight": weight})


def set_max_running(db: Database, owner_id: str, limit: int | None) -> None:
    """Change how many jobs of an owner may run at a time (None: any number). Raises as ``set_weight``."""
    if limit is not None and not 1 <= limit <= MOST_RUNNING:
        raise InvalidInput(f"max_running is between 1 and {MOST_RUNNING}, or null", field="max_running")
    _change(db, owner_id, {"max_running": limit})


def _change(db: Database, owner_id: str, values: dict[str, float | int | None]) -> None:
    with db.begin() as connection:
        done = connection.execute(update(owners).where(owners.c.id == owner_id).values(**values))
    if done.rowcount == 0:
        raise NotFound(f"there is no owner {owner_id!r}")
