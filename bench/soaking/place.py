"""Where the soak happens: bell, database, web, two workers that are left alone and two that suffer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import select

from bench.noop.studio import Studio
from bench.stack import command_line
from bench.web_server import atelier_web
from shared.lifecycle import State
from shared.migrate import open_database
from shared.settings import load_settings
from shared.tables import jobs
from shared.workers import list_workers
from tests.faults.harness import Rig
from tests.support.bell import BellServer
from tests.support.postgres import Postgres
from tests.support.workers import WorkerProcess

STEADY = ("steady-a", "steady-b")
PREY = ("prey-a", "prey-b")
LEASE_SECONDS = 8.0
#: Faults come here a hundred times as often as anywhere else: a job may well meet three.
MAX_ATTEMPTS = 10


@dataclass
class Place:
    """Everything that is loaded and that faults are done to; ``prey`` are the workers of the moment."""

    rig: Rig
    web: str
    postgres: Postgres | None
    prey: dict[str, WorkerProcess] = field(default_factory=dict)
    steady: dict[str, WorkerProcess] = field(default_factory=dict)
    #: Workers whose parent has ended; a child may still be handing back.
    left: list[WorkerProcess] = field(default_factory=list)

    def begin(self) -> None:
        """Start every worker and wait until all take work."""
        for name in STEADY:
            self.steady[name] = self._start(name)
        for name in PREY:
            self.prey[name] = self._start(name)
        for worker in (*self.steady.values(), *self.prey.values()):
            worker.wait_ready(self.rig.db)

    def tend(self) -> None:
        """Start a worker again whose parent has ended, as the supervisor does."""
        for name, worker in self.prey.items():
            if worker.process.poll() is not None:
                self.left.append(worker)
                self.prey[name] = self._start(name)

    def working_prey(self) -> list[int]:
        """The process ids of suffering children that hold a job now and whose parent lives."""
        held = select(jobs.c.worker_id).where(jobs.c.state == State.PROCESSING)
        with self.rig.db.read() as connection:
            holding = set(connection.execute(held).scalars())
        parents = {worker.pid for worker in self.prey.values()}
        return [
            row.pid
            for row in list_workers(self.rig.db)
            if row.id in holding and psutil.pid_exists(row.pid) and psutil.Process(row.pid).ppid() in parents
        ]

    def end(self) -> None:
        """Kill every worker."""
        for worker in (*self.left, *self.prey.values(), *self.steady.values()):
            worker.close()

    def watched(self) -> dict[str, int]:
        """The process ids of what must neither grow nor be replaced."""
        found = {f"{name}: parent": worker.pid for name, worker in self.steady.items()}
        for name, worker in self.steady.items():
            for child in psutil.Process(worker.pid).children():
                found[f"{name}: child"] = child.pid
        for process in psutil.Process().children(recursive=True):
            # Gunicorn's parent and the process that serves have the same command line.
            if "web" in command_line(process):
                found["web" if process.children() == [] else "web: parent"] = process.pid
        return found

    def _start(self, name: str) -> WorkerProcess:
        environment = {"ATELIER_MAX_ATTEMPTS": str(MAX_ATTEMPTS)}
        log = self.rig.folder / f"{name}.log"
        return WorkerProcess(self.rig.settings, log, name=name, environment=environment)


@contextmanager
def place(folder: Path, store: str) -> Iterator[Place]:
    """A place on SQLite or PostgreSQL, gone at the end."""
    with ExitStack() as stack:
        bell = BellServer()
        stack.callback(bell.close)
        postgres = Postgres() if store == "postgresql" else None
        if postgres is not None:
            stack.callback(postgres.close)
        settings = load_settings(
            home=folder / "home",
            database_url=postgres.database() if postgres is not None else None,
            redis_url=bell.url,
            families="tests.families.toy",
            lease_seconds=LEASE_SECONDS,
            sweep_seconds=1.0,
            checkpoint_seconds=0.5,
            batch_limit=8,
        )
        db = open_database(settings)
        stack.callback(db.engine.dispose)
        rig = Rig(settings, db, bell, folder)
        web = atelier_web(Studio(settings, db, rig.model, rig.version, folder, stack))
        made = Place(rig, stack.enter_context(web), postgres)
        stack.callback(made.end)
        made.begin()
        yield made
