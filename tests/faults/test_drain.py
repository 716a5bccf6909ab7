"""SIGTERM: what can be finished is finished, a training is handed back with a checkpoint, nobody is left."""

import time

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
    wait_checkpoint,
)


@both_stores
def test_a_training_is_handed_back_and_goes_on_elsewhere(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=400)
    wait_checkpoint(rig.db, job.id)
    child = holder_pid(rig.db, job.id)
    began = time.monotonic()
    assert worker.terminate() == 0, worker.output()
    assert time.monotonic() - began < 20
    assert gone(child)
    held = jobs.get(rig.db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0)
    assert workers.list_workers(rig.db) == []
    checkpoint = jobs.latest_checkpoint(rig.db, job.id)
    last_figures = jobs.read_metrics(rig.db, job.id)[-1][0]
    assert checkpoint is not None and checkpoint.step >= last_figures
    second = rig.worker("second")
    assert_trained_exactly(rig, ended(rig, job), second.output())
    assert resumed_from(rig.db, job.id) == [checkpoint.step]
    tries = [(a.number, a.outcome, a.reason) for a in jobs.list_attempts(rig.db, job.id)]
    assert tries == [(1, "requeued", "drained"), (1, "succeeded", None)]


def test_a_picture_in_hand_is_finished_and_what_waits_stays_queued(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.generate(hold_ms=5000)
    ended(rig, job, State.PROCESSING)
    waiting = rig.generate(seed=2)
    assert worker.terminate() == 0, worker.output()
    assert_succeeded_once(rig, job)
    assert jobs.get(rig.db, waiting.id).attempt == 0
    rig.worker("second")
    assert_succeeded_once(rig, waiting)


def test_a_drain_without_a_bell_is_as_good(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=10_000)
    wait_checkpoint(rig.db, job.id)
    rig.bell.kill()
    assert worker.terminate() == 0, worker.output()
    held = jobs.get(rig.db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0)
