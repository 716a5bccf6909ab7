"""Our side: real workers over the family that tests use, with a short lease."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from bench.reliability.ground import Ground
from bench.reliability.system import (
    GREED_MB,
    STALL_SECONDS,
    WORK_SECONDS,
    WORKERS,
    Execution,
    Missing,
    Setting,
)
from bench.reliability.web import atelier_address, persistent_post
from shared import jobs, workers
from shared.artifacts import open_store
from shared.broker import Bell
from shared.errors import AtelierError, Conflict
from shared.jobs import NewJob
from shared.lifecycle import State
from shared.migrate import OWNER
from shared.tables import artifacts, attempts
from shared.tables import jobs as job_rows
from tests.faults.harness import freeze
from tests.support.cable import Cable
from tests.support.workers import WorkerProcess, toy_version

WORK: dict[str, Any] = {"hold_ms": int(WORK_SECONDS * 1000)}
TROUBLE: dict[str, dict[str, Any]] = {
    "": WORK,
    "exit": {"trouble": "exit"},
    "memory": {"hoard_mb": GREED_MB // 4, "count": 4},
    "device": {"trouble": "spoil_device"},
    "stall": {"hold_ms": int(STALL_SECONDS * 1000)},
}
#: What stands still for so long is ended; what does not stand still is never near it.
STALL_LIMIT_SECONDS = {"stall": 1.0}


class Atelier:
    """A bell, a database and two workers."""

    name = "Atelier"
    lane = "interactive"

    def __init__(self, folder: Path, setting: Setting) -> None:
        self._open = ExitStack()
        self._folder = folder
        self.ground = Ground(folder, setting)
        self._open.callback(self.ground.close)
        self.bell, self.db = self.ground.bell, self.ground.db
        self.canceled: dict[str, float] = {}
        self._ringer = Bell(self.ground.settings)
        self._model, self._version = toy_version(self.db, open_store(self.ground.settings.store_url))
        #: The job of each seed: an equal request must not become another.
        self._by_seed: dict[int, str] = {}
        self._seed = 0
        self._web = ""
        self._workers = {name: self._start(name) for name in WORKERS}

    def submit(self, trouble: str = "") -> str:
        """Commit first, then ring."""
        self._seed += 1
        job = jobs.submit(
            self.db,
            NewJob(
                OWNER,
                "toy",
                "generate",
                self.lane,
                {"seed": self._seed} | TROUBLE[trouble],
                model_id=self._model,
                version_id=self._version,
                batch_key=self._version,
                stall_seconds=STALL_LIMIT_SECONDS.get(trouble, 600.0),
            ),
        ).job
        self._by_seed[self._seed] = job.id
        self._ringer.ring(self.lane)
        return job.id

    def request(self) -> str:
        """The key is what makes the second request the first."""
        self._seed += 1
        if not self._web:
            self._web = self._open.enter_context(atelier_address(self.ground))
        body = {"version": self._version, "input": {"seed": self._seed} | WORK}
        key, order = f"key-{self._seed}", self.ground.kill_web
        answer = persistent_post(f"{self._web}/v1/predictions", body, key, order)
        self._by_seed[self._seed] = str(answer["id"])
        return str(answer["id"])

    def cancel(self, job: str) -> None:
        try:
            jobs.cancel(self.db, job, OWNER)
        except Conflict:
            return
        # A job that had a result refuses the wish, so any that it has now is wrong.
        self.canceled[job] = 0.0

    def holder(self, ids: Sequence[str]) -> tuple[int, int] | None:
        with self.db.read() as connection:
            held = connection.execute(
                select(job_rows.c.worker_id).where(
                    job_rows.c.id.in_(ids), job_rows.c.state == State.PROCESSING
                )
            ).scalars()
            holding = set(held)
        for row in workers.list_workers(self.db):
            if row.id in holding and psutil.pid_exists(row.pid):
                try:
                    return row.pid, psutil.Process(row.pid).ppid()
                except psutil.NoSuchProcess:
                    continue
        return None

    def children(self) -> list[int]:
        return [row.pid for worker in self._workers.values() for row in worker.children(self.db)]

    def freeze(self, child: int) -> None:
        freeze(self.db, child)

    def publish_again(self, job: str, times: int) -> None:
        for _ in range(times):
            self._ringer.ring(self.lane)

    def crash_at(self, point: str) -> None:
        self.ground.order.write_text(point)

    def crash_is_due(self) -> bool:
        return self.ground.order.exists()

    def cable(self) -> Cable:
        if self.ground.far is None:
            raise Missing("no worker stands far away")
        return self.ground.far.cable

    def executions(self) -> list[Execution]:
        with self.db.read() as connection:
            rows = connection.execute(
                select(attempts.c.job_id, attempts.c.started_at, attempts.c.ended_at, attempts.c.outcome)
            ).all()
        return [
            Execution(row.job_id, row.started_at, row.ended_at if row.outcome == "succeeded" else None)
            for row in rows
        ]

    def effects(self) -> Counter[str]:
        """By request: an effect of a job that nobody was told of counts for the job of the same seed."""
        with self.db.read() as connection:
            rows = connection.execute(
                select(job_rows.c.id, job_rows.c.input)
                .join(artifacts, artifacts.c.job_id == job_rows.c.id)
                .where(artifacts.c.role == "output", artifacts.c.position == 0)
            ).all()
        return Counter(self._by_seed.get(int(row.input["seed"]), str(row.id)) for row in rows)

    def failed(self, ids: Sequence[str]) -> set[str]:
        with self.db.read() as connection:
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
        environment, prefix = self.ground.there(name)
        log = self._folder / f"{name}.log"
        worker = WorkerProcess(
            self.ground.settings, log, name=name, environment=environment, prefix=prefix
        )
        return self._open.enter_context(worker)

    def _is_ready(self, name: str) -> bool:
        try:
            rows = self._workers[name].children(self.db)
        except AtelierError:
            return False
        return any(row.state in ("idle", "busy") and psutil.pid_exists(row.pid) for row in rows)
