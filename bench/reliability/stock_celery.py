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
from pathlib import Path
from typing import Any

import psutil
import redis

from bench.reliability.celery_app import TASK, application, prepare
from bench.reliability.system import WORK_SECONDS, WORKERS, Execution, Missing
from tests.support.bell import BellServer

ROOT = Path(__file__).parents[2]
#: With nothing queued, unacknowledged or running for so long, nothing more will come.
SILENT_SECONDS = 8.0


class StockCelery:
    """Redis and two prefork workers of one child each."""

    name = "Celery"
    lane = "celery"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bell = BellServer()
        self._url = self.bell.url.replace("unix://", "redis+socket://", 1)
        self._marks = folder / "marks.db"
        prepare(self._marks)
        self._app = application(self._url, str(self._marks))
        self._workers = {name: self._start(name) for name in WORKERS}
        self._quiet_since: float | None = None

    def submit(self, *, poison: bool = False) -> str:
        job = uuid.uuid4().hex
        self._publish(job, poison=poison)
        return job

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

    def crash_database(self) -> None:
        raise Missing("it has no database")

    def restart_database(self) -> None:
        raise Missing("it has no database")

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
        self.bell.close()

    def _publish(self, job: str, *, poison: bool = False) -> None:
        self._app.send_task(TASK, args=(job, WORK_SECONDS, poison), task_id=job)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._marks, timeout=30, isolation_level=None)
        try:
            return list(connection.execute(statement, values))
        finally:
            connection.close()

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        log = self._folder / f"{name}.log"
        command = ["-m", "celery", "-A", "bench.reliability.celery_app", "worker", "--concurrency", "1"]
        with log.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, *command, "--loglevel", "INFO", "--hostname", f"{name}@bench"],
                cwd=ROOT,
                env=os.environ | {"BENCH_REDIS": self._url, "BENCH_MARKS": str(self._marks)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _is_ready(self, name: str) -> bool:
        text = (self._folder / f"{name}.log").read_text(errors="replace")
        return self._workers[name].poll() is None and " ready." in text
