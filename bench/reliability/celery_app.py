"""Stock Celery: one task that works a while and leaves a mark; late ack, Redis results, otherwise defaults.

Only the time after which an unacknowledged message counts as abandoned is shorter than the default hour, and
it is looked for every second: as fast as it can be set.
"""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from pathlib import Path

from celery import Celery

from bench.reliability.system import LEASE_SECONDS

TASK = "bench.work"
SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    id TEXT PRIMARY KEY, job TEXT, child INTEGER, parent INTEGER, began REAL, recorded REAL
)
"""


def application(url: str, marks: str) -> Celery:
    """The application on one Redis; ``marks`` is the SQLite file that the tasks write to."""
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

    def work(job: str, seconds: float, poison: bool) -> None:
        if poison:
            os._exit(9)
        execution = uuid.uuid4().hex
        row = (execution, job, os.getpid(), os.getppid(), time.time())
        write(marks, "INSERT INTO executions VALUES (?, ?, ?, ?, ?, NULL)", row)
        time.sleep(seconds)
        write(marks, "UPDATE executions SET recorded = ? WHERE id = ?", (time.time(), execution))

    app.task(name=TASK)(work)
    return app


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
app = application(os.environ.get("BENCH_REDIS", "memory://"), os.environ.get("BENCH_MARKS", ""))
