"""Stock Celery: one task that works a while and leaves a mark; late ack, Redis results, otherwise defaults.

Only the time after which an unacknowledged message counts as abandoned is shorter than the default hour, and
it is looked for every second: as fast as it can be set.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
import uuid
from pathlib import Path

from celery import Celery

from bench.reliability.system import GREED_MB, LEASE_SECONDS, STALL_SECONDS

TASK = "bench.work"
SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    id TEXT PRIMARY KEY, job TEXT, child INTEGER, parent INTEGER, began REAL, recorded REAL
)
"""
#: SQLite's own clock: that of the process may be off, which is one of the faults.
NOW = "((julianday('now') - 2440587.5) * 86400.0)"


class Device:
    """What a process computes on: once a kernel has read past its memory, nothing works in that process."""

    sound = True


def application(url: str, marks: str, order: str) -> Celery:
    """The application on one Redis.

    ``marks`` is the SQLite file that the tasks write to; the file ``order`` names a place where one of them
    ends its process.
    """
    app = Celery("bench", broker=url, backend=url)
    app.conf.update(
        task_acks_late=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": LEASE_SECONDS,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
    )

    def work(job: str, seconds: float, trouble: str) -> None:
        make_trouble(trouble)
        crash(order, "start")
        execution = uuid.uuid4().hex
        row = (execution, job, os.getpid(), os.getppid())
        write(marks, f"INSERT INTO executions VALUES (?, ?, ?, ?, {NOW}, NULL)", row)
        time.sleep(STALL_SECONDS if trouble == "stall" else seconds)
        write(marks, f"UPDATE executions SET recorded = {NOW} WHERE id = ?", (execution,))
        crash(order, "end")

    app.task(name=TASK)(work)
    return app


def make_trouble(trouble: str) -> None:
    """What a job does to the process that runs it."""
    if trouble == "exit":
        os._exit(9)
    if trouble == "memory":
        bytearray(GREED_MB << 20)
    if trouble == "device":
        Device.sound = False
    if not Device.sound:
        raise RuntimeError("device-side assert triggered")


def crash(order: str, point: str) -> None:
    """kill -9 of this process when the file says so; the file goes with it."""
    path = Path(order)
    if order and path.exists() and path.read_text() == point:
        path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def write(path: str, statement: str, values: tuple[object, ...] = ()) -> None:
    """One durable statement."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        connection.execute(statement, values)
    finally:
        connection.close()


def prepare(path: Path) -> None:
    """Make the file that the tasks write to."""
    write(str(path), "PRAGMA journal_mode = WAL")
    write(str(path), SCHEMA)


#: What `celery -A bench.reliability.celery_app` finds.
app = application(
    os.environ.get("BENCH_REDIS", "memory://"),
    os.environ.get("BENCH_MARKS", ""),
    os.environ.get("BENCH_CRASH", ""),
)
