"""A training on two ranks: a part of it dies, its worker drains, it is paused, preempted or canceled."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psutil
import pytest

from shared import jobs
from shared.jobs import Job
from shared.lifecycle import State
from shared.migrate import OWNER, open_database
from shared.settings import load_settings
from tests.conftest import both_stores
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    ended,
    holder_pid,
    resumed_from,
    until,
    wait_checkpoint,
)
from tests.support.bell import BellServer
from tests.support.ranks import launchers_of, ranks_of, wait_gone

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
#: The weights of this training, made once in a worker that nothing happens to.
GIVEN = {"devices": 2, "steps": 150, "step_ms": 20}
#: The pace of the steps changes nothing of the weights; this one leaves time to look around.
UNHURRIED = GIVEN | {"step_ms": 40}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The version that an undisturbed training on two ranks comes to, in a home of its own."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with ExitStack() as stack:
        bell = stack.enter_context(closing(BellServer()))
        settings = load_settings(home=folder / "home", redis_url=bell.url, families="tests.families.toy")
        db = open_database(settings)
        stack.callback(db.engine.dispose)
        rig = stack.enter_context(closing(Rig(settings, db, bell, folder)))
        worker = rig.worker()
        done = ended(rig, rig.train(**GIVEN))
        assert done.state is State.SUCCEEDED, worker.output()
        yield version_of(rig, done)


def version_of(rig: Rig, done: Job) -> str:
    """The hash of the weights that a training made."""
    assert done.state is State.SUCCEEDED and done.output is not None, done.error_message
    rig.store.verify(done.output["version"])
    return str(done.output["version"])


def running(rig: Rig, job: Job) -> tuple[int, list[psutil.Process]]:
    """The child that leads the training, once it has a checkpoint, and its ranks."""
    wait_checkpoint(rig.db, job.id)
    child = holder_pid(rig.db, job.id)
    ranks = ranks_of(child)
    assert len(ranks) == 2
    return child, ranks


def tries(rig: Rig, job: Job) -> list[tuple[int, str | None, str | None]]:
    return [(each.number, each.outcome, each.reason) for each in jobs.list_attempts(rig.db, job.id)]


def assert_smooth(rig: Rig, job: Job) -> None:
    """Every step was recorded once, in order, and what was recorded twice over did not jump."""
    steps = [step for step, _ in jobs.read_metrics(rig.db, job.id)]
    assert steps == sorted(set(steps))
    resumed = resumed_from(rig.db, job.id)
    assert len(resumed) == 1 and 0 < resumed[0] < GIVEN["steps"]


@pytest.mark.parametrize("victim", ["rank 0", "rank 1", "launcher"])
def test_a_killed_rank_costs_an_attempt_and_nothing_else(rig: Rig, expected: str, victim: str) -> None:
    worker = rig.worker()
    job = rig.train(**GIVEN)
    child, ranks = running(rig, job)
    chosen = launchers_of(child)[0] if victim == "launcher" else ranks[int(victim[-1])]
    os.kill(chosen.pid, signal.SIGKILL)
    wait_gone(ranks)
    done = ended(rig, job)
    assert version_of(rig, done) == expected, worker.output()
    assert tries(rig, job) == [(1, "requeued", "retry"), (2, "succeeded", None)]
    assert_smooth(rig, job)
    assert psutil.pid_exists(child)


@both_stores
def test_no_rank_outlives_its_child_and_the_training_is_rescued(rig: Rig, expected: str) -> None:
    worker = rig.worker()
    job = rig.train(**GIVEN)
    child, ranks = running(rig, job)
    os.kill(child, signal.SIGKILL)
    wait_gone(ranks)
    assert version_of(rig, ended(rig, job)) == expected, worker.output()
    assert tries(rig, job) == [(1, "lost", "lease_expired"), (2, "succeeded", None)]
    assert_smooth(rig, job)


def test_a_drain_hands_the_training_back(rig: Rig, expected: str) -> None:
    worker = rig.worker()
    job = rig.train(**GIVEN)
    _, ranks = running(rig, job)
    assert worker.terminate() == 0, worker.output()
    wait_gone(ranks)
    held = jobs.get(rig.db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0)
    second = rig.worker("second")
    assert version_of(rig, ended(rig, job)) == expected, second.output()
    assert tries(rig, job) == [(1, "requeued", "drained"), (1, "succeeded", None)]
    assert_smooth(rig, job)


def test_a_paused_training_leaves_its_worker_to_others_and_goes_on_exactly(rig: Rig, expected: str) -> None:
    worker = rig.worker()
    job = rig.train(**UNHURRIED)
    _, ranks = running(rig, job)
    jobs.pause(rig.db, job.id, OWNER)
    held = ended(rig, job, State.QUEUED)
    assert (held.reason, held.attempt, held.paused) == ("paused", 0, True), worker.output()
    wait_gone(ranks)
    checkpoint = jobs.latest_checkpoint(rig.db, job.id)
    assert checkpoint is not None
    assert ended(rig, rig.train(steps=5, step_ms=0)).state is State.SUCCEEDED
    assert jobs.get(rig.db, job.id).state is State.QUEUED
    jobs.resume(rig.db, job.id, OWNER)
    assert version_of(rig, ended(rig, job)) == expected, worker.output()
    assert tries(rig, job) == [(1, "requeued", "paused"), (1, "succeeded", None)]
    assert_smooth(rig, job)
    assert resumed_from(rig.db, job.id) == [checkpoint.step]


@on_postgresql
def test_a_preempted_training_makes_room_and_goes_on_exactly(rig: Rig, expected: str) -> None:
    urgent = rig.train(steps=5, step_ms=0)
    jobs.set_priority(rig.db, urgent.id, OWNER, 50)
    jobs.pause(rig.db, urgent.id, OWNER)
    worker = rig.worker()
    job = rig.train(**UNHURRIED)
    _, ranks = running(rig, job)
    jobs.resume(rig.db, urgent.id, OWNER)
    made = ended(rig, urgent)
    assert made.state is State.SUCCEEDED, worker.output()
    wait_gone(ranks)
    assert version_of(rig, ended(rig, job)) == expected, worker.output()
    assert tries(rig, job) == [(1, "requeued", "preempted"), (1, "succeeded", None)]
    assert_smooth(rig, job)
    left = jobs.list_attempts(rig.db, job.id)[0].ended_at
    assert left is not None and made.started_at is not None and left <= made.started_at


def test_the_owner_cancels_stops_and_is_served_meanwhile(rig: Rig) -> None:
    worker = rig.worker()
    canceled = rig.train(**GIVEN | {"steps": 100_000})
    child, ranks = running(rig, canceled)
    picture = rig.generate()
    assert_succeeded_once(rig, picture)
    # The worker has one child, which leads the ranks.
    going_on = jobs.get(rig.db, canceled.id)
    assert (going_on.state, going_on.attempt) == (State.PROCESSING, 1)
    jobs.cancel(rig.db, canceled.id, OWNER)
    assert ended(rig, canceled).state is State.CANCELED, worker.output()
    wait_gone(ranks)
    stopped = rig.train(**GIVEN | {"steps": 100_000, "seed": 8})
    _, ranks = running(rig, stopped)
    jobs.stop(rig.db, stopped.id, OWNER)
    version_of(rig, ended(rig, stopped))
    wait_gone(ranks)
    until(lambda: not ranks_of(child))


def test_a_rank_that_always_dies_ends_the_job_and_not_the_worker(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(**GIVEN | {"trouble": "exit", "trouble_at": 3})
    done = ended(rig, job)
    assert (done.state, done.attempt) == (State.FAILED, done.max_attempts), worker.output()
    assert done.error_code == "worker_lost"
    assert_succeeded_once(rig, rig.generate())
