"""The other side: stock Celery with prefork workers, late ack and Redis results."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import redis

from bench.reliability.celery_app import TASK, application, prepare
from bench.reliability.system import (
    WORK_SECONDS,
    WORKERS,
    Execution,
    Missing,
    Setting,
    clock_environment,
)
from bench.reliability.web import celery_address, persistent_post
from tests.support.bell import BellServer
from tests.support.cable import Cable, far_side

ROOT = Path(__file__).parents[2]
#: With nothing queued, unacknowledged or running for so long, nothing more will come.
SILENT_SECONDS = 6.0
#: Where a task can end its process: the same moments as ours, as far as there are any.
CRASH_POINTS = {"after_claim": "start", "after_commit": "end"}
#: How long a cancel waits for the workers to say that they heard it.
ANSWER_SECONDS = 1.0


class StockCelery:
    """Redis and two prefork workers of one child each."""

    name = "Celery"
    lane = "celery"

    def __init__(self, folder: Path, setting: Setting) -> None:
        self._folder = folder
        self._clocks = setting.clocks
        self._open = ExitStack()
        self.bell = BellServer()
        self._open.callback(self.bell.close)
        self.canceled: dict[str, float] = {}
        self._url = self.bell.url.replace("unix://", "redis+socket://", 1)
        self._marks = folder / "marks.db"
        prepare(self._marks)
        self._order, self._kill_web = folder / "crash_at", folder / "kill_web"
        self._app = application(self._url, str(self._marks), "")
        self._far = self._open.enter_context(far_side(self.bell.socket)) if setting.far else None
        self._web = ""
        self._workers = {name: self._start(name) for name in WORKERS}
        self._quiet_since: float | None = None

    def submit(self, trouble: str = "") -> str:
        job = uuid.uuid4().hex
        self._publish(job, trouble)
        return job

    def request(self) -> str:
        if not self._web:
            self._web = self._open.enter_context(celery_address(self._folder, self._url, self._kill_web))
        job = uuid.uuid4().hex
        persistent_post(f"{self._web}/jobs", {"job": job}, job, self._kill_web)
        return job

    def cancel(self, job: str) -> None:
        """Revoke it, ending the process that runs it; every worker says that it heard."""
        self._app.control.revoke(
            job, terminate=True, reply=True, limit=len(WORKERS), timeout=ANSWER_SECONDS
        )
        self.canceled[job] = time.time()

    def children(self) -> list[int]:
        return [child.pid for p in self._workers.values() for child in psutil.Process(p.pid).children()]

    def crash_at(self, point: str) -> None:
        if point not in CRASH_POINTS:
            raise Missing("a task of Celery has no such step: its effect and its end are not one record")
        self._order.write_text(CRASH_POINTS[point])

    def crash_is_due(self) -> bool:
        return self._order.exists()

    def cable(self) -> Cable:
        if self._far is None:
            raise Missing("no worker stands far away")
        return self._far.cable

    def holder(self, jobs: Sequence[str]) -> tuple[int, int] | None:
        for row in self._rows("SELECT job, child, parent FROM executions WHERE recorded IS NULL"):
            if row[0] in jobs and psutil.pid_exists(row[1]):
                return int(row[1]), int(row[2])
        return None

    def freeze(self, child: int) -> None:
        """SIGSTOP between the two writes of a task."""
        while True:
            os.kill(child, signal.SIGSTOP)
            probe = sqlite3.connect(self._marks, timeout=0.3, isolation_level=None)
            try:
                probe.execute("BEGIN IMMEDIATE")
                probe.execute("ROLLBACK")
                return
            except sqlite3.OperationalError:
                os.kill(child, signal.SIGCONT)
            finally:
                probe.close()

    def publish_again(self, job: str, times: int) -> None:
        for _ in range(times):
            self._publish(job)

    def executions(self) -> list[Execution]:
        rows = self._rows("SELECT job, began, recorded FROM executions")
        return [Execution(str(job), float(began), recorded) for job, began, recorded in rows]

    def effects(self) -> Counter[str]:
        return Counter(
            str(row[0]) for row in self._rows("SELECT job FROM executions WHERE recorded IS NOT NULL")
        )

    def failed(self, jobs: Sequence[str]) -> set[str]:
        try:
            found = self.bell.client().mget([f"celery-task-meta-{job}" for job in jobs])
        except (redis.RedisError, OSError):
            return set()
        told = {job: json.loads(value) for job, value in zip(jobs, found, strict=True) if value}
        return {job for job, meta in told.items() if meta["status"] == "FAILURE"}

    def given_up(self) -> bool:
        try:
            client = self.bell.client()
            left = int(client.llen(self.lane)) + int(client.hlen("unacked"))
        except (redis.RedisError, OSError):
            return False
        running = self._rows(
            "SELECT child FROM executions WHERE recorded IS NULL AND began > ?", time.time() - 5
        )
        if left or any(psutil.pid_exists(row[0]) for row in running):
            self._quiet_since = None
            return False
        self._quiet_since = self._quiet_since or time.monotonic()
        return time.monotonic() - self._quiet_since > SILENT_SECONDS

    def tend(self) -> None:
        for name, process in self._workers.items():
            if process.poll() is not None:
                self._workers[name] = self._start(name)

    def restart(self) -> None:
        """Ask every worker to leave; whoever tends them starts them again."""
        for process in self._workers.values():
            process.terminate()

    def wait_ready(self) -> None:
        """Wait until every worker has a child and has said that it is ready."""
        deadline = time.monotonic() + 60
        while not all(self._is_ready(name) for name in WORKERS):
            if time.monotonic() > deadline:
                raise TimeoutError("the workers of Celery do not come")
            self.tend()
            time.sleep(0.1)

    def close(self) -> None:
        for process in self._workers.values():
            if process.poll() is not None:
                continue
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait(10)
        self._open.close()

    def _publish(self, job: str, trouble: str = "") -> None:
        self._app.send_task(TASK, args=(job, WORK_SECONDS, trouble), task_id=job)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._marks, timeout=30, isolation_level=None)
        try:
            return list(connection.execute(statement, values))
        finally:
            connection.close()

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        log = self._folder / f"{name}.log"
        command = ["-m", "celery", "-A", "bench.reliability.celery_app", "worker", "--concurrency", "1"]
        environment, prefix = self._there(name)
        with log.open("wb") as output:
            return subprocess.Popen(
                [*prefix, sys.executable, *command, "--loglevel", "INFO", "--hostname", f"{name}@bench"],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _there(self, name: str) -> tuple[dict[str, str], tuple[str, ...]]:
        environment = {"BENCH_REDIS": self._url, "BENCH_MARKS": str(self._marks)}
        environment |= clock_environment(self._clocks[WORKERS.index(name)])
        if name != WORKERS[0]:
            return environment, ()
        environment["BENCH_CRASH"] = str(self._order)
        if self._far is None:
            return environment, ()
        return environment | {"BENCH_REDIS": self._far.redis_url}, self._far.prefix

    def _is_ready(self, name: str) -> bool:
        text = (self._folder / f"{name}.log").read_text(errors="replace")
        return self._workers[name].poll() is None and " ready." in text
