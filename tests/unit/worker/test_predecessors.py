"""A child that was killed is struck off by the one that takes its place, and its jobs wait for no lease."""

import os
import socket
import subprocess
import sys

from shared import jobs, workers
from shared.database import Database
from shared.lifecycle import State
from shared.workers import WorkerReport
from tests.support.builders import queue
from worker.app.predecessors import bury


def there(db: Database, worker_id: str, pid: int, host: str | None = None) -> None:
    workers.beat(
        db,
        WorkerReport(
            worker_id, host or socket.gethostname(), pid, "cpu", ["interactive"], ["toy"], "busy", [], [], {}
        ),
    )


def ended_pid() -> int:
    """The id of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def claim(db: Database, worker_id: str) -> str:
    job = queue(db)
    jobs.claim(
        db, worker_id=worker_id, lanes=["interactive"], families=["toy"], limit=1, lease_seconds=3600
    )
    return job.id


def test_the_dead_are_struck_off_and_their_jobs_go_back_at_once(db: Database) -> None:
    there(db, "mine/0-dead", ended_pid())
    lost = claim(db, "mine/0-dead")
    assert bury(db, "mine") == ["mine/0-dead"]
    assert workers.list_workers(db) == []
    assert [job.id for job in jobs.rescue(db).requeued] == [lost]
    assert jobs.get(db, lost).reason == "lease_expired"


def test_the_living_and_those_of_others_are_left_alone(db: Database) -> None:
    dead = ended_pid()
    there(db, "mine/0-alive", os.getpid())
    there(db, "mine/1-elsewhere", dead, host="another-machine")
    there(db, "mine-too/0-dead", dead)
    held = [claim(db, worker) for worker in ("mine/0-alive", "mine/1-elsewhere", "mine-too/0-dead")]
    assert bury(db, "mine") == []
    assert len(workers.list_workers(db)) == 3 and jobs.rescue(db).requeued == []
    assert {jobs.get(db, job).state for job in held} == {State.PROCESSING}
