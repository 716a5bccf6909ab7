"""A worker's parent: a Celery prefork worker that forks one child per device and never imports torch."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
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
from worker.maintenance import Maintenance

log = logging.getLogger(__name__)

class Parent:
    """Runs until SIGTERM or SIGINT (drain), or until a child reports that it cannot start."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._child: Child | None = None
        self._failure: str | None = None

    def run(self) -> int:
        """The exit code: 0 after a drain, 1 when a child could not start."""
        settings = self._plan.settings
        app = make_celery(settings)
        app.conf.broker_transport = "worker.app.transport:Transport"
        tasks.register(app, self._answer)
        signals.worker_process_init.connect(self._begin_child, weak=False)
        signals.worker_process_shutdown.connect(self._end_child, weak=False)
        signals.worker_shutting_down.connect(self._let_go, weak=False)
        signals.setup_logging.connect(_keep_logging, weak=False)
        app.steps["worker"].add(_after_fork(self._begin_upkeep))
        worker = Worker(
            app=app,
            hostname=f"{self._plan.name}@%h",
            queues=list(self._plan.lanes),
            concurrency=len(self._plan.devices),
            pool="prefork",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        if self._failure is not None:
            sys.stderr.write(f"atelier worker: {self._failure}\n")
            return 1
        return int(worker.exitcode or 0)

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

    def _let_go(self, **_: Any) -> None:
        self._plan.lifeline.release()

    def _begin_upkeep(self) -> None:
        settings = self._plan.settings
        self._plan.lifeline.on_report(self._fail)
        db, store = Database(settings.database_url), open_store(settings.store_url)
        Maintenance(settings, db, store, Bell(settings)).start()

    def _fail(self, message: str) -> None:
        if self._failure is None:
            self._failure = message
            os.kill(os.getpid(), signal.SIGTERM)


def _after_fork(begin: Callable[[], None]) -> type[bootsteps.StartStopStep]:
    """A step of Celery's worker that begins threads when the children are there, Redis or no Redis."""

    class Upkeep(bootsteps.StartStopStep):  # type: ignore[misc]
        requires = ("celery.worker.components:Pool",)

        def start(self, parent: Any) -> None:
            begin()

    return Upkeep


def _keep_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody listens to this signal."""


def _outlive_parent() -> None:
    """Celery has the kernel kill a child with its parent; ours hands its work back first."""
    set_pdeathsig(0)
