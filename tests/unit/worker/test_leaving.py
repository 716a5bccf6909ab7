"""A training makes room: paused by its owner, or for one that matters more; it goes on exactly later."""

import pytest

from shared import jobs
from shared.database import Database
from shared.lifecycle import State
from shared.migrate import OWNER
from tests.unit.worker.test_training import AtStep, Make, at_step, version_of
from worker import training
from worker.runner import serve
from worker.serving.place import Place

__all__ = ["at_step"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every step, and give idle workers no time: the test is about what follows."""
    monkeypatch.setattr(training, "BEAT_SECONDS", 0.0)
    monkeypatch.setattr(training, "RANK_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(jobs.preemption, "GRACE_SECONDS", -1.0)


def undisturbed(place: Place, db: Database, train_job: Make) -> str:
    job = train_job()
    serve(place, "training")
    return version_of(db, job)


def test_a_paused_training_leaves_with_its_checkpoint_and_goes_on_exactly(
    place: Place, db: Database, train_job: Make, at_step: AtStep
) -> None:
    expected = undisturbed(place, db, train_job)
    job = train_job()
    at_step(7, lambda: jobs.pause(db, job.id, OWNER))
    assert serve(place, "training") is True
    held = jobs.get(db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "paused", 0)
    saved = jobs.latest_checkpoint(db, job.id)
    assert saved is not None and saved.step >= 7
    assert serve(place, "training") is False
    jobs.resume(db, job.id, OWNER)
    assert serve(place, "training") is True
    assert version_of(db, job) == expected


def test_a_more_urgent_training_goes_first_and_the_other_goes_on_exactly(
    place: Place, db: Database, train_job: Make, at_step: AtStep
) -> None:
    expected = undisturbed(place, db, train_job)
    patient = train_job()
    urgent = []

    def arrive() -> None:
        job = train_job(seed=2)
        urgent.append(jobs.set_priority(db, job.id, OWNER, 10))

    at_step(5, arrive)
    serve(place, "training")
    held = jobs.get(db, patient.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "preempted", 0)
    serve(place, "training")
    assert jobs.get(db, urgent[0].id).state is State.SUCCEEDED
    assert jobs.get(db, patient.id).state is State.QUEUED
    serve(place, "training")
    assert version_of(db, patient) == expected


def test_an_equal_training_waits_its_turn(
    place: Place, db: Database, train_job: Make, at_step: AtStep
) -> None:
    first = train_job()
    at_step(5, lambda: train_job(seed=2))
    serve(place, "training")
    assert jobs.get(db, first.id).state is State.SUCCEEDED
    assert [event.kind for event in jobs.read_timeline(db, first.id)].count("requeue") == 0
