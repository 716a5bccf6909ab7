"""Where the machine runs: a database, a store, and a time that only passes when it is told to.

Nothing waits: a lease lasts seventeen minutes, and ``World.advance`` makes everything that has not ended that
much older. All lengths are hundreds of seconds and a half more: what a slow machine takes decides nothing.
"""

import os
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from shared.database import Database
from shared.migrate import OWNER
from shared.owners import set_max_running
from shared.records import Job, job_of
from shared.tables import artifacts, jobs, metadata, owners
from tests.support.garbage import Meeting

LEASE = 1050.0
DEADLINE = 3050.0
STALL = 5050.0
GRACE = 3650.0
#: A job that goes back to the queue after a fault waits between half of this and all of it.
BACKOFF = 300.0
#: How much time may pass at once.
STEPS = (700, 1600, 4200)

#: The times of a job that move while it has not ended.
TIMES = (
    *("created_at", "started_at", "not_before", "ranked_at"),
    *("lease_expires_at", "progress_at", "deadline_at"),
)

#: The owner who may have no more than so many jobs running.
NARROW, LIMIT = "narrow", 2
OWNERS = (OWNER, NARROW)


@dataclass(frozen=True)
class Shape:
    """A request: equal ones of one owner have equal input and make equal bytes."""

    lane: str
    batch: str | None = None
    cache: str | None = None
    upload: bool = False


SHAPES = (
    Shape("interactive"),
    Shape("interactive", batch="a"),
    Shape("interactive", batch="b"),
    Shape("interactive", batch="a", cache="c" * 64),
    Shape("interactive", cache="d" * 64),
    Shape("training"),
    Shape("ingest", upload=True),
)


@dataclass
class World:
    """One database and one store; ``clear`` makes them new."""

    db: Database
    root: Path
    _ids: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.clear()
        with self.db.begin() as connection:
            if NARROW not in connection.execute(select(owners.c.id)).scalars().all():
                connection.execute(insert(owners).values(id=NARROW, title="Narrow", created_at=0.0))
        set_max_running(self.db, NARROW, LIMIT)

    def clear(self) -> None:
        """Forget every row but the owners', and every file."""
        self._ids = count(1)
        with self.db.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not owners:
                    connection.execute(delete(table))
        shutil.rmtree(self.root, ignore_errors=True)
        self.store = Meeting(self.root)

    def new_id(self) -> str:
        """Identifiers in order, the same in every run."""
        return f"{next(self._ids):026d}"

    def advance(self, seconds: float) -> None:
        """Let time pass for every job that has not ended, for uploads, and for every file."""
        live = jobs.c.state.in_(("queued", "processing"))
        with self.db.begin() as connection:
            connection.execute(
                update(jobs).where(live).values({name: jobs.c[name] - seconds for name in TIMES})
            )
            older = {"created_at": artifacts.c.created_at - seconds}
            connection.execute(update(artifacts).where(artifacts.c.role == "upload").values(older))
        for path in self.root.rglob("*"):
            if path.is_file():
                put_at = path.stat().st_mtime - seconds
                os.utime(path, (put_at, put_at))

    def rows(self) -> dict[str, Job]:
        """Every job by its id."""
        with self.db.read() as connection:
            return {row.id: job_of(row) for row in connection.execute(select(jobs).order_by(jobs.c.id))}

    def prefixes(self) -> list[str]:
        """The parts of the store in which there is something."""
        return sorted(path.name for path in self.root.iterdir() if len(path.name) == 2)
