"""Signals that people and supervisors send: each ends in order, or is survived."""

import os
import signal
from collections.abc import Callable

import psutil
import pytest

from shared import jobs
from shared.artifacts import Store
from shared.database import Database
from shared.jobs import Job
from shared.lifecycle import State
from tests.support.builders import queue
from tests.support.workers import WorkerProcess, eventually, toy_version, wait_for


@pytest.fixture
def training(worker: WorkerProcess, db: Database, shelf: Store) -> Job:
    """A training that has taken its first steps."""
    model, _ = toy_version(db, shelf)
    given = {"steps": 100_000, "step_ms": 20, "seed": 1, "snapshot_every": 1000}
    job = queue(db, lane="training", operation="train", model_id=model, input=given)
    eventually(lambda: jobs.get(db, job.id).progress > 0)
    return job


def ctrl_c(pid: int) -> None:
    os.killpg(pid, signal.SIGINT)


def end_the_whole_group(pid: int) -> None:
    os.killpg(pid, signal.SIGTERM)


def end_it_twice(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("send", [ctrl_c, end_the_whole_group, end_it_twice])
def test_the_work_is_handed_back(
    worker: WorkerProcess, db: Database, training: Job, send: Callable[[int], None]
) -> None:
    send(worker.pid)
    assert worker.process.wait(90) == 0, worker.output()
    held = jobs.get(db, training.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0), worker.output()


def test_a_child_that_is_ended_alone_is_replaced(worker: WorkerProcess, db: Database, training: Job) -> None:
    (first,) = worker.children(db)
    os.kill(first.pid, signal.SIGTERM)
    eventually(lambda: not psutil.pid_exists(first.pid))
    wait_for(db, training.id, State.PROCESSING)
    eventually(lambda: [row for row in worker.children(db) if row.pid != first.pid])
    assert jobs.get(db, training.id).attempt == 1
    assert worker.process.poll() is None
