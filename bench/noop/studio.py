"""A database, a bell and workers over one version: of the family that does nothing, or of another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

from shared import library
from shared.artifacts import open_store
from shared.broker import Bell
from shared.database import Database, now
from shared.jobs import Job, NewJob, NewVersion, submit
from shared.library import insert_version
from shared.migrate import OWNER, open_database
from shared.settings import Settings, load_settings
from shared.tables import jobs, owners
from tests.support.bell import BellServer
from tests.support.postgres import Postgres
from tests.support.workers import WorkerProcess

STORES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Stock:
    """The one version of a studio: its family, the module of a family that is not built in, and its bytes."""

    family: str
    module: str
    weights: bytes
    config: dict[str, Any] = field(default_factory=dict)


NOOP = Stock("noop", "bench.noop", b"nothing")


@dataclass
class Studio:
    """Everything a bench of the queue needs; ``worker`` starts one more worker process."""

    settings: Settings
    db: Database
    model: str
    version: str
    folder: Path
    open: ExitStack
    family: str = "noop"

    @property
    def bell(self) -> Bell:
        """Rings this studio's bell."""
        return Bell(self.settings)

    def submit(
        self, seed: int, *, owner: str = OWNER, batch_key: str | None = "noop", sleep_ms: int = 0
    ) -> Job:
        """Queue a job that does nothing, or sleeps, without ringing."""
        cost = max(sleep_ms, 1) / 1000
        return self.queue({"seed": seed, "sleep_ms": sleep_ms}, owner=owner, batch_key=batch_key, cost=cost)

    def queue(
        self,
        given: dict[str, Any],
        *,
        owner: str = OWNER,
        batch_key: str | None,
        cost: float = 1.0,
        lane: str = "interactive",
    ) -> Job:
        """Queue a job of the studio's family, without ringing."""
        new = NewJob(
            owner,
            self.family,
            "generate",
            lane,
            given,
            model_id=self.model,
            version_id=self.version,
            batch_key=batch_key,
            cost_seconds=cost,
        )
        return submit(self.db, new, max_queued=self.settings.max_queued).job

    def owner(self, name: str, weight: float = 1.0) -> str:
        """One more owner."""
        with self.db.begin() as connection:
            connection.execute(insert(owners).values(id=name, title=name, weight=weight, created_at=now()))
        return name

    def worker(self, name: str, **environment: str) -> WorkerProcess:
        """Start a worker process and wait until it takes work."""
        log = self.folder / f"{name}.log"
        started = WorkerProcess(
            self.settings, log, "--lanes", "interactive", name=name, environment=environment
        )
        self.open.enter_context(started).wait_ready(self.db)
        return started

    def count(self, state: str) -> int:
        """How many jobs are in a state."""
        with self.db.read() as connection:
            return int(
                connection.execute(select(func.count()).where(jobs.c.state == state)).scalar_one()
            )


@contextmanager
def studio(
    store: str, *, fsync: bool = True, stock: Stock = NOOP, **settings: object
) -> Iterator[Studio]:
    """A studio on SQLite or PostgreSQL, gone at the end. ``fsync``: PostgreSQL commits to the disk."""
    with TemporaryDirectory(prefix="atelier-bench-") as folder, ExitStack() as open_:
        bell = BellServer()
        open_.callback(bell.close)
        url = None
        if store == "postgresql":
            server = Postgres(durable=fsync)
            open_.callback(server.close)
            url = server.database()
        resolved = load_settings(
            home=Path(folder) / "home",
            database_url=url,
            redis_url=bell.url,
            families=stock.module,
            max_queued=10_000_000,
            **settings,
        )
        db = open_database(resolved)
        open_.callback(db.engine.dispose)
        blob = open_store(resolved.store_url).put(stock.weights)
        model = library.ensure_model(db, owner_id=OWNER, name="bench", family=stock.family)
        new = NewVersion(blob, stock.family, "1", stock.config, {})
        with db.begin() as connection:
            version = insert_version(connection, new, model_id=model.id, job_id=None)
        yield Studio(resolved, db, model.id, version, Path(folder), open_, stock.family)
