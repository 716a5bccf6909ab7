"""A database, a bell and workers over the family that does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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


@dataclass
class Studio:
    """Everything a bench of the queue needs; ``worker`` starts one more worker process."""

    settings: Settings
    db: Database
    model: str
    version: str
    folder: Path
    open: ExitStack

    @property
    def bell(self) -> Bell:
        """Rings this studio's bell."""
        return Bell(self.settings)

    def submit(
        self,
        seed: int,
        *,
        owner: str = OWNER,
        batch_key: str | None = "noop",
        cache_key: str | None = None,
        sleep_ms: int = 0,
    ) -> Job:
        """Queue a job of the family, without ringing."""
        new = NewJob(
            owner,
            "noop",
            "generate",
            "interactive",
            {"seed": seed, "sleep_ms": sleep_ms},
            model_id=self.model,
            version_id=self.version,
            batch_key=batch_key,
            cache_key=cache_key,
            cost_seconds=max(sleep_ms, 1) / 1000,
        )
        return submit(self.db, new, max_queued=self.settings.max_queued).job

    def owner(self, name: str, weight: float = 1.0) -> str:
        """One more owner."""
        with self.db.begin() as connection:
            connection.execute(insert(owners).values(id=name, title=name, weight=weight, created_at=now()))
        return name

    def worker(self, name: str) -> WorkerProcess:
        """Start a worker process and wait until it takes work."""
        started = WorkerProcess(
            self.settings, self.folder / f"{name}.log", "--lanes", "interactive", name=name
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
def studio(store: str, *, fsync: bool = True, **settings: object) -> Iterator[Studio]:
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
            families="bench.noop",
            max_queued=10_000_000,
            **settings,
        )
        db = open_database(resolved)
        open_.callback(db.engine.dispose)
        blob = open_store(resolved.store_url).put(b"nothing")
        model = library.ensure_model(db, owner_id=OWNER, name="noop", family="noop")
        with db.begin() as connection:
            version = insert_version(
                connection, NewVersion(blob, "noop", "1", {}, {}), model_id=model.id, job_id=None
            )
        yield Studio(resolved, db, model.id, version, Path(folder), open_)
