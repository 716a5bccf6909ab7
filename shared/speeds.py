"""What jobs were measured to take: seconds a piece by version, operation and kind of device.

Fair queueing charges by these figures and the forecast is made of them. A worker remembers its own
measurements and writes them now and then; a handful of lost ones changes nothing.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from shared.database import Database, now
from shared.tables import speeds

#: The newest samples that are kept; older ones tell of another machine or another load.
KEPT = 32


@dataclass(frozen=True, slots=True)
class Learned:
    """Seconds for one piece (one result of a job): the median and the 90th percentile."""

    p50: float
    p90: float


def learn(db: Database, subject: str, operation: str, device: str, seconds: Sequence[float]) -> None:
    """Add measurements. ``subject`` is the version's id, or the family's name where there is no version."""
    mine = (speeds.c.subject == subject, speeds.c.operation == operation, speeds.c.device == device)
    with db.begin() as connection:
        row = connection.execute(
            select(speeds.c.samples).where(*mine).with_for_update()
        ).one_or_none()
        if row is None:
            values = {"subject": subject, "operation": operation, "device": device}
            samples = list(seconds)[-KEPT:]
            connection.execute(
                insert(speeds).values(**values, samples=samples, count=len(seconds), updated_at=now())
            )
            return
        samples = [*row.samples, *seconds][-KEPT:]
        connection.execute(
            update(speeds)
            .where(*mine)
            .values(samples=samples, count=speeds.c.count + len(seconds), updated_at=now())
        )


def learned(db: Database, subject: str, operation: str) -> Learned | None:
    """What is known, from the kind of device that measured last; None when nothing is."""
    query = (
        select(speeds.c.samples)
        .where(speeds.c.subject == subject, speeds.c.operation == operation)
        .order_by(speeds.c.updated_at.desc())
        .limit(1)
    )
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not row.samples:
        return None
    ordered = sorted(row.samples)
    return Learned(statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))])
