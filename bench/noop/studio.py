"""A database, a bell and workers over one version: of the family that does nothing, or of another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

from bench.stack import wait
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

    @cached_property
    def bell(self) -> Bell:
        """Rings this studio's bell."""
        return Bell(self.settings)

    def add_version(self, weights: bytes, config: dict[str, Any]) -> str:
        """One more version of the model; the engine reads what it costs from ``config``."""
        blob = open_store(self.settings.store_url).put(weights)
        new = NewVersion(blob, self.family, "1", config, {})
        with self.db.begin() as connection:
            return insert_version(connection, new, model_id=self.model, job_id=None)

    def submit(
        self,
        seed: int,
        *,
        owner: str = OWNER,
        batch_key: str | None = "noop",
        cache_key: str | None = None,
        sleep_ms: int = 0,
        version: str | None = None,
    ) -> Job:
        """Queue a job that does nothing, or sleeps, without ringing."""
        return self.queue(
            {"seed": seed, "sleep_ms": sleep_ms},
            owner=owner,
            batch_key=batch_key,
            cache_key=cache_key,
            version=version,
            cost=max(sleep_ms, 1) / 1000,
        )

    def queue(
        self,
        given: dict[str, Any],
        *,
        batch_key: str | None,
        owner: str = OWNER,
        cache_key: str | None = None,
        version: str | None = None,
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
            version_id=version or self.version,
            batch_key=batch_key,
            cache_key=cache_key,
            cost_seconds=cost,
        )
        return submit(self.db, new, max_queued=self.settings.max_queued).job

    def owner(self, name: str, weight: float = 1.0) -> str:
        """One more owner."""
        with self.db.begin() as connection:
            connection.execute(insert(owners).values(id=name, title=name, weight=weight, created_at=now()))
        return name

    def worker(self, name: str, **environment: str) -> WorkerProcess:
        """Start a worker process of one child that ends with the studio, and wait until it takes work."""
        started = self.open.enter_context(self.start(name, 1, **environment))
        self.wait_ready(started)
        return started

    def start(self, name: str, children: int = 1, **environment: str) -> WorkerProcess:
        """Start a worker process with so many children; the caller ends it."""
        return WorkerProcess(
            self.settings,
            self.folder / f"{name}.log",
            *("--lanes", "interactive"),
            name=name,
            environment={"ATELIER_DEVICE": ",".join(["cpu"] * children)} | environment,
        )

    def wait_ready(self, worker: WorkerProcess, children: int = 1) -> None:
        """Wait until each child takes work."""
        worker.wait_ready(self.db)
        ready = ("idle", "busy")
        wait(lambda: sum(row.state in ready for row in worker.children(self.db)) == children, pause=0.1)

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
        model = library.ensure_model(db, owner_id=OWNER, name="bench", family=stock.family)
        place = Studio(resolved, db, model.id, "", Path(folder), open_, stock.family)
        place.version = place.add_version(stock.weights, stock.config)
        yield place
