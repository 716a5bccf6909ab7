"""What workers tell about themselves: alive, device, lanes, what they hold and do. SQL is where it lies."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import delete, insert, select, update

from shared.database import Database, now
from shared.errors import NotFound
from shared.tables import workers

#: A worker that missed this many leases counts as gone.
SILENT_LEASES = 2


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """A worker's own account. ``state``: starting, idle, busy, draining or gone; ``holds``: version ids."""

    id: str
    host: str
    pid: int
    device: str
    lanes: list[str]
    families: list[str]
    state: str
    holds: list[str]
    jobs: list[str]
    info: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's row; ``silent_seconds`` is how long ago it was last heard of."""

    id: str
    host: str
    pid: int
    device: str
    lanes: list[str]
    families: list[str]
    state: str
    holds: list[str]
    jobs: list[str]
    info: dict[str, Any]
    drain_requested: bool
    started_at: float
    seen_at: float
    silent_seconds: float


def beat(db: Database, report: WorkerReport) -> bool:
    """Store the report with the time; gives whether somebody asked this worker to drain."""
    values = asdict(report) | {"seen_at": now()}
    identifier = values.pop("id")
    with db.begin() as connection:
        row = connection.execute(
            update(workers)
            .where(workers.c.id == identifier)
            .values(**values)
            .returning(workers.c.drain_requested)
        ).one_or_none()
        if row is None:
            connection.execute(insert(workers).values(id=identifier, **values, started_at=now()))
            return False
        return bool(row.drain_requested)


_EVERY = select(workers, (now() - workers.c.seen_at).label("silent_seconds")).order_by(
    workers.c.started_at, workers.c.id
)
_THERE = _EVERY.where(workers.c.state != "gone")


def list_workers(db: Database, *, with_gone: bool = False) -> list[Worker]:
    """The workers that are there, the oldest first."""
    with db.read() as connection:
        rows = connection.execute(_EVERY if with_gone else _THERE).all()
    return [Worker(**{field.name: row._mapping[field.name] for field in fields(Worker)}) for row in rows]


def mark_gone(db: Database, *, silent_seconds: float) -> list[str]:
    """Mark workers not heard of for that long as gone; gives their ids."""
    with db.begin() as connection:
        return list(
            connection.execute(
                update(workers)
                .where(workers.c.state != "gone", workers.c.seen_at < now() - silent_seconds)
                .values(state="gone", holds=[], jobs=[])
                .returning(workers.c.id)
            ).scalars()
        )


def leave(db: Database, worker_id: str) -> None:
    """The worker says goodbye."""
    with db.begin() as connection:
        connection.execute(
            update(workers).where(workers.c.id == worker_id).values(state="gone", holds=[], jobs=[])
        )


def forget_gone(db: Database, *, silent_seconds: float) -> None:
    """Drop the rows of workers that have been gone for that long."""
    with db.begin() as connection:
        connection.execute(
            delete(workers).where(workers.c.state == "gone", workers.c.seen_at < now() - silent_seconds)
        )


def request_drain(db: Database, worker_id: str) -> None:
    """Ask a worker to finish or hand back what it does and leave. Raises NotFound."""
    with db.begin() as connection:
        done = connection.execute(
            update(workers)
            .where(workers.c.id == worker_id, workers.c.state != "gone")
            .values(drain_requested=True)
        )
    if done.rowcount == 0:
        raise NotFound(f"there is no worker {worker_id}")
