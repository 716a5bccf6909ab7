"""A worker's processes die in the middle of a training: it goes on elsewhere, and nobody can tell."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from cli.stack.process import Program
from cli.stack.programs import python_module
from cli.stack.supervisor import Supervisor
from shared import jobs, workers
from shared.lifecycle import State
from tests.conftest import both_stores
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    assert_trained_exactly,
    ended,
    gone,
    holder_pid,
    resumed_from,
    until,
    wait_checkpoint,
)


@both_stores
def test_a_killed_child_costs_a_training_nothing(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=400)
    safe = wait_checkpoint(rig.db, job.id)
    os.kill(holder_pid(rig.db, job.id), signal.SIGKILL)
    done = ended(rig, job)
    assert_trained_exactly(rig, done, worker.output())
    tries = [(a.number, a.outcome, a.reason) for a in jobs.list_attempts(rig.db, job.id)]
    assert tries == [(1, "lost", "lease_expired"), (2, "succeeded", None)]
    (resumed,) = resumed_from(rig.db, job.id)
    assert safe <= resumed < job.input["steps"]
    told = [event.kind for event in jobs.read_timeline(rig.db, job.id) if event.kind != "note"]
    assert told == ["submitted", "claim", "requeue", "claim", "succeed"]


def test_a_killed_child_costs_a_picture_one_attempt(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.generate(hold_ms=4000)
    ended(rig, job, State.PROCESSING)
    os.kill(holder_pid(rig.db, job.id), signal.SIGKILL)
    assert_succeeded_once(rig, job, attempts=2)
    tries = [(a.number, a.outcome, a.reason) for a in jobs.list_attempts(rig.db, job.id)]
    assert tries == [(1, "lost", "lease_expired"), (2, "succeeded", None)], worker.output()


@both_stores
def test_the_child_of_a_killed_parent_hands_its_work_back_and_leaves(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=10_000)
    wait_checkpoint(rig.db, job.id)
    child = holder_pid(rig.db, job.id)
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: gone(child))
    held = jobs.get(rig.db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0), worker.output()
    assert workers.list_workers(rig.db) == []
    checkpoint = jobs.latest_checkpoint(rig.db, job.id)
    assert checkpoint is not None
    rig.store.verify(checkpoint.hash)


@contextmanager
def supervised(rig: Rig) -> Iterator[list[str]]:
    """A worker under the supervisor of `atelier up`; gives what the supervisor says."""
    said: list[str] = []
    program = Program(
        "worker",
        python_module("worker", "--name", "test", "--no-starter"),
        rig.folder / "supervised.log",
        environment={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "ATELIER_HOME": str(rig.settings.home),
            "ATELIER_DATABASE_URL": rig.settings.database_url,
            "ATELIER_REDIS_URL": rig.settings.redis_url,
            "ATELIER_FAMILIES": rig.settings.families,
            "ATELIER_DEVICE": "cpu",
            "ATELIER_THREADS": "1",
            "ATELIER_LEASE_SECONDS": str(rig.settings.lease_seconds),
            "ATELIER_SWEEP_SECONDS": str(rig.settings.sweep_seconds),
            "ATELIER_CHECKPOINT_SECONDS": str(rig.settings.checkpoint_seconds),
        },
        stop_seconds=10,
        orphan_seconds=10,
    )
    supervisor = Supervisor([program], lambda _, text: said.append(text))
    thread = threading.Thread(target=supervisor.run, args=(lambda: None,))
    thread.start()
    try:
        yield said
    finally:
        supervisor.stop()
        thread.join(20)
        assert not thread.is_alive()


@both_stores
def test_a_killed_parent_is_back_within_five_seconds_and_the_training_goes_on(rig: Rig) -> None:
    with supervised(rig) as said:
        job = rig.train(steps=400)
        safe = wait_checkpoint(rig.db, job.id)
        child = holder_pid(rig.db, job.id)
        parent = psutil.Process(child).ppid()
        os.kill(parent, signal.SIGKILL)
        killed = time.monotonic()
        until(lambda: [p for p in psutil.Process().children() if p.pid != parent and _is_worker(p)])
        assert time.monotonic() - killed < 5
        done = ended(rig, job)
        log = (rig.folder / "supervised.log").read_text()
        assert_trained_exactly(rig, done, log)
    assert any("killed by SIGKILL" in text for text in said)
    assert resumed_from(rig.db, job.id)[-1] >= safe
    assert gone(child)


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False
