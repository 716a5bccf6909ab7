"""Our side: real workers over the family that tests use, with a short lease."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil
from sqlalchemy import func, select

from bench.reliability.system import LEASE_SECONDS, WORK_SECONDS, WORKERS, Execution, Missing
from shared import jobs, workers
from shared.artifacts import open_store
from shared.broker import Bell
from shared.errors import AtelierError
from shared.jobs import NewJob
from shared.lifecycle import State
from shared.migrate import OWNER, open_database
from shared.settings import load_settings
from shared.tables import artifacts, attempts
from shared.tables import jobs as job_rows
from tests.faults.harness import freeze
from tests.support.bell import BellServer
from tests.support.postgres import Postgres
from tests.support.workers import WorkerProcess, toy_version

#: Small batches, so that both workers have their part.
BATCH = 4


class Atelier:
    """A bell, a database and two workers."""

    name = "Atelier"
    lane = "interactive"

    def __init__(self, folder: Path, database: str = "sqlite") -> None:
        self._open = ExitStack()
        self._folder = folder
        self.bell = BellServer()
        self._open.callback(self.bell.close)
        self._postgres = Postgres() if database == "postgresql" else None
        if self._postgres is not None:
            self._open.callback(self._postgres.close)
        self._settings = load_settings(
            home=folder / "home",
            database_url=self._postgres.database() if self._postgres is not None else None,
            redis_url=self.bell.url,
            families="tests.families.toy",
            lease_seconds=LEASE_SECONDS,
            sweep_seconds=0.5,
            batch_limit=BATCH,
        )
        self._db = open_database(self._settings)
        self._open.callback(self._db.engine.dispose)
        self._ringer = Bell(self._settings)
        self._model, self._version = toy_version(self._db, open_store(self._settings.store_url))
        self._seed = 0
        self._workers = {name: self._start(name) for name in WORKERS}

    def submit(self, *, poison: bool = False) -> str:
        """Commit first, then ring."""
        self._seed += 1
        given = {"seed": self._seed, "hold_ms": int(WORK_SECONDS * 1000)}
        job = jobs.submit(
            self._db,
            NewJob(
                OWNER,
                "toy",
                "generate",
                self.lane,
                given | ({"trouble": "exit"} if poison else {}),
                model_id=self._model,
                version_id=self._version,
                batch_key=self._version,
            ),
        ).job
        self._ringer.ring(self.lane)
        return job.id

    def holder(self, ids: Sequence[str]) -> tuple[int, int] | None:
        with self._db.read() as connection:
            held = connection.execute(
                select(job_rows.c.worker_id).where(
                    job_rows.c.id.in_(ids), job_rows.c.state == State.PROCESSING
                )
            ).scalar()
        rows = {row.id: row.pid for row in workers.list_workers(self._db)}
        child = rows.get(held or "")
        try:
            return None if child is None else (child, psutil.Process(child).ppid())
        except psutil.NoSuchProcess:
            return None

    def freeze(self, child: int) -> None:
        freeze(self._db, child)

    def publish_again(self, job: str, times: int) -> None:
        for _ in range(times):
            self._ringer.ring(self.lane)

    def executions(self) -> list[Execution]:
        with self._db.read() as connection:
            rows = connection.execute(
                select(attempts.c.job_id, attempts.c.started_at, attempts.c.ended_at, attempts.c.outcome)
            ).all()
        return [
            Execution(row.job_id, row.started_at, row.ended_at if row.outcome == "succeeded" else None)
            for row in rows
        ]

    def effects(self) -> Counter[str]:
        with self._db.read() as connection:
            rows = connection.execute(
                select(artifacts.c.job_id, func.count())
                .where(artifacts.c.role == "output")
                .group_by(artifacts.c.job_id)
            ).all()
        return Counter({str(row[0]): int(row[1]) for row in rows})

    def failed(self, ids: Sequence[str]) -> set[str]:
        with self._db.read() as connection:
            rows = connection.execute(
                select(job_rows.c.id).where(job_rows.c.id.in_(ids), job_rows.c.state == State.FAILED)
            ).scalars()
            return set(rows)

    def given_up(self) -> bool:
        """Never: the rows are there, and somebody will look."""
        return False

    def tend(self) -> None:
        for name, worker in self._workers.items():
            if worker.process.poll() is not None:
                self._workers[name] = self._start(name)

    def crash_database(self) -> None:
        if self._postgres is None:
            raise Missing("SQLite has no server")
        self._postgres.crash()

    def restart_database(self) -> None:
        assert self._postgres is not None
        self._postgres.start()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 120
        for name in WORKERS:
            while not self._is_ready(name):
                if time.monotonic() > deadline:
                    raise TimeoutError(self._workers[name].output())
                self.tend()
                time.sleep(0.1)

    def close(self) -> None:
        self._open.close()

    def _start(self, name: str) -> WorkerProcess:
        log = self._folder / f"{name}.log"
        return self._open.enter_context(WorkerProcess(self._settings, log, name=name))

    def _is_ready(self, name: str) -> bool:
        try:
            rows = self._workers[name].children(self._db)
        except AtelierError:
            return False
        return any(row.state in ("idle", "busy") and psutil.pid_exists(row.pid) for row in rows)
