"""A worker's parent: a Celery prefork worker that forks one child per device and never imports torch."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from billiard import current_process
from billiard.util import set_pdeathsig
from celery import bootsteps, signals
from celery.apps.worker import Worker

from shared.artifacts import open_store
from shared.broker import Bell, make_celery
from shared.database import Database
from worker.app import tasks
from worker.app.child import Child, Plan
from worker.app.forking import ForkGuard
from worker.app.lifeline import Lifeline, Report
from worker.app.transport import harden
from worker.maintenance import Maintenance


class Parent:
    """Runs until SIGTERM or SIGINT (drain), or until a child reports that it cannot start."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._child: Child | None = None
        self._failure: str | None = None
        self._told_to_leave = False
        self._drained: set[str] = set()
        self._starter: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """The exit code: 0 after a drain, 1 when a child could not start."""
        harden()
        app = make_celery(self._plan.settings)
        tasks.register(app, self._answer)
        signals.worker_process_init.connect(self._begin_child, weak=False)
        signals.worker_process_shutdown.connect(self._end_child, weak=False)
        signals.worker_shutting_down.connect(self._shutting_down, weak=False)
        signals.setup_logging.connect(_keep_logging, weak=False)
        app.steps["worker"].add(_after_fork(self._begin_upkeep))
        worker = _Worker(
            self._plan.lifeline,
            app=app,
            hostname=f"{self._plan.name}@{socket.gethostname()}",
            queues=list(self._plan.lanes),
            concurrency=len(self._plan.devices),
            pool="prefork",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        if self._starter is not None:
            # What it has not added yet is added at the next start.
            self._starter.terminate()
            self._starter.wait()
        if self._failure is not None:
            sys.stderr.write(f"atelier worker: {self._failure}\n")
            return 1
        return 0 if self._told_to_leave else int(worker.exitcode or 1)

    def _answer(self) -> None:
        assert self._child is not None
        self._child.desk.call()

    def _begin_child(self, **_: Any) -> None:
        _outlive_parent()
        self._child = Child(self._plan, current_process().index)
        self._child.start()

    def _end_child(self, **_: Any) -> None:
        if self._child is not None:
            self._child.stop()

    def _shutting_down(self, how: str, **_: Any) -> None:
        # Celery gives SIGINT another exit code than SIGTERM; both are in order here.
        self._told_to_leave = how == "Warm"
        self._plan.lifeline.release()

    def _begin_upkeep(self) -> None:
        settings = self._plan.settings
        self._plan.lifeline.on_report(self._hear)
        guard = ForkGuard()
        guard.arm()
        db, store = Database(settings.database_url), open_store(settings.store_url)
        Maintenance(settings, db, store, Bell(settings), guard).start()
        if self._plan.starter:
            self._starter = _add_starter(settings.home)

    def _hear(self, report: Report) -> None:
        """Leave when a child cannot start, or when all were drained by request."""
        if report.failure:
            self._failure = self._failure or report.failure
        else:
            self._drained.add(report.worker_id)
        if self._failure or len(self._drained) == len(self._plan.devices):
            os.kill(os.getpid(), signal.SIGTERM)


class _Worker(Worker):  # type: ignore[misc]
    """Celery's worker, letting go of the lifeline however it ends: also by an error of its own."""

    def __init__(self, lifeline: Lifeline, **options: Any) -> None:
        self._lifeline = lifeline
        super().__init__(**options)

    def stop(self, in_sighandler: bool = False, exitcode: int | None = None) -> None:
        """End warmly."""
        self._lifeline.release()
        super().stop(in_sighandler=in_sighandler, exitcode=exitcode)

    def terminate(self, in_sighandler: bool = False) -> None:
        """End coldly."""
        self._lifeline.release()
        super().terminate(in_sighandler=in_sighandler)


def _after_fork(begin: Callable[[], None]) -> type[bootsteps.StartStopStep]:
    """A step of Celery's worker that begins threads when the children are there, Redis or no Redis."""

    class Upkeep(bootsteps.StartStopStep):  # type: ignore[misc]
        requires = ("celery.worker.components:Pool",)

        def start(self, parent: Any) -> None:
            begin()

    return Upkeep


def _add_starter(home: Path) -> subprocess.Popen[bytes]:
    """What a fresh Atelier begins with, added by a process of its own: nothing of a worker waits for it."""
    return subprocess.Popen([sys.executable, "-P", "-m", "worker.starter", "--home", str(home)])


def _keep_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody listens to this signal."""


def _outlive_parent() -> None:
    """Celery has the kernel kill a child with its parent; ours hands its work back first."""
    set_pdeathsig(0)
