"""The loop around a trainer: it ends exactly, resumes exactly, and lets nobody wait."""

import random
from collections.abc import Callable

import pytest
import torch

from shared import files, jobs, library
from shared.database import Database
from shared.errors import AtelierError, StorageFull, Unavailable
from shared.jobs import Job
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from tests.families.toy.trainer import ToyTrainer
from tests.support.builders import queue
from tests.support.workers import eventually
from worker.breathing import breathe
from worker.family import Snapshot
from worker.runner import serve
from worker.serving.place import Place

Make = Callable[..., Job]
Step = Callable[[ToyTrainer], None]


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """Do something right after a step of the toy's training, once."""

    def arrange(number: int, act: Callable[[], object]) -> None:
        original = ToyTrainer.step
        done: list[int] = []

        def step(trainer: ToyTrainer) -> None:
            original(trainer)
            if trainer.step_count == number and not done:
                done.append(number)
                act()

        monkeypatch.setattr(ToyTrainer, "step", step)

    return arrange


AtStep = Callable[[int, Callable[[], object]], None]


def version_of(db: Database, job: Job) -> str:
    ended = jobs.get(db, job.id)
    assert ended.state is State.SUCCEEDED, (ended.error_code, ended.error_message)
    assert ended.output is not None
    return str(ended.output["version"])


def notes(db: Database, job: Job) -> list[str]:
    return [event.data["text"] for event in jobs.read_timeline(db, job.id) if event.kind == "note"]


def test_a_training_becomes_a_version(place: Place, db: Database, train_job: Make) -> None:
    job = train_job(steps=20)
    assert serve(place, "training") is True
    version = library.get_version(db, version_of(db, job))
    assert place.store.exists(version.id)
    assert (version.family, version.config, version.job_id) == ("toy", {"latent": 4}, job.id)
    assert version.card["steps"] == 20
    weights = files.version_artifacts(db, version.id, ("weights",))
    assert [file.hash for file in weights] == [version.id]


def test_the_same_training_for_two_models_gives_each_its_version(
    place: Place, db: Database, train_job: Make
) -> None:
    other = library.ensure_model(db, owner_id=OWNER, name="other", family="toy")
    first = train_job()
    serve(place, "training")
    second = queue(
        db, lane="training", operation="train", model_id=other.id, input=jobs.get(db, first.id).input
    )
    serve(place, "training")
    assert version_of(db, first) != version_of(db, second)
    assert library.get_version(db, version_of(db, second)).model_id == other.id


def test_people_see_snapshots_metrics_and_notes(place: Place, db: Database, train_job: Make) -> None:
    job = train_job(steps=20, snapshot_every=10)
    serve(place, "training")
    grids = files.job_artifacts(db, job.id, ("grid",))
    assert {grid.name for grid in grids} == {"grid-10.txt", "grid-20.txt", "grid.txt"}
    metrics = dict(jobs.read_metrics(db, job.id))
    assert {"kid"} <= metrics[10].keys()
    assert all(isinstance(value, float) for row in metrics.values() for value in row.values())
    assert notes(db, job) == ["snapshot at 10", "snapshot at 20"]


def test_figures_of_one_step_are_joined(place: Place, db: Database, train_job: Make) -> None:
    job = train_job(steps=1, snapshot_every=1)
    serve(place, "training")
    (row,) = dict(jobs.read_metrics(db, job.id)).values()
    assert {"kid", "loss", "step"} <= row.keys()


@pytest.mark.parametrize("stopped_at", [1, 7, 19])
def test_a_drained_training_goes_on_exactly(
    place: Place, db: Database, train_job: Make, at_step: AtStep, stopped_at: int
) -> None:
    whole = train_job(steps=20, seed=3)
    serve(place, "training")
    broken = train_job(steps=20, seed=3)
    at_step(stopped_at, place.draining.set)
    serve(place, "training")
    waiting = jobs.get(db, broken.id)
    assert (waiting.state, waiting.reason, waiting.attempt) == (State.QUEUED, Reason.DRAINED, 0)
    place.draining.clear()
    torch.manual_seed(999)
    serve(place, "training")
    assert version_of(db, broken) == version_of(db, whole)
    assert f"resumed from step {stopped_at}" in notes(db, broken)


def test_a_lost_training_goes_on_from_its_last_checkpoint(
    place: Place, db: Database, train_job: Make, at_step: AtStep
) -> None:
    whole = train_job(steps=20, seed=3)
    serve(place, "training")
    place.settings = place.settings.model_copy(update={"checkpoint_seconds": 0.0})
    lost = train_job(steps=20, seed=3)

    def rescued() -> None:
        held = jobs.get(db, lost.id)
        jobs.requeue(db, held.lease, Reason.LEASE_EXPIRED)

    at_step(11, rescued)
    serve(place, "training")
    assert jobs.get(db, lost.id).state is State.QUEUED
    checkpoint = jobs.latest_checkpoint(db, lost.id)
    assert checkpoint is not None and checkpoint.step == 10
    serve(place, "training")
    assert version_of(db, lost) == version_of(db, whole)
    assert jobs.get(db, lost.id).attempt == 2


def test_only_the_newest_checkpoints_are_kept(
    place: Place, db: Database, train_job: Make, at_step: AtStep
) -> None:
    place.settings = place.settings.model_copy(update={"checkpoint_seconds": 0.0})
    stored: list[str] = []
    original = place.store.put

    def put(data: bytes) -> object:
        blob = original(data)
        if b"optimizer" in data[:4000]:
            stored.append(blob.hash)
        return blob

    place.store.put = put  # type: ignore[assignment,method-assign]
    job = train_job(steps=20)
    at_step(10, place.draining.set)
    serve(place, "training")
    assert len(stored) == 10
    assert [hash for hash in stored if place.store.exists(hash)] == stored[-2:]
    place.draining.clear()
    serve(place, "training")
    assert version_of(db, job)
    assert not any(place.store.exists(hash) for hash in stored)


def test_a_damaged_checkpoint_costs_time_not_the_training(
    place: Place, db: Database, train_job: Make, at_step: AtStep
) -> None:
    job = train_job(steps=20)
    at_step(5, place.draining.set)
    serve(place, "training")
    checkpoint = jobs.latest_checkpoint(db, job.id)
    assert checkpoint is not None
    place.store.path(checkpoint.hash).write_bytes(b"broken")
    place.draining.clear()
    serve(place, "training")
    assert version_of(db, job)
    assert "the checkpoint of step 5 is damaged; started again" in notes(db, job)


def test_people_are_served_between_two_steps(
    place: Place, db: Database, train_job: Make, generate_job: Make, at_step: AtStep
) -> None:
    whole = train_job(steps=20, seed=3)
    serve(place, "training")
    training = train_job(steps=20, seed=3)
    served: list[State] = []
    waiting = generate_job()
    at_step(4, lambda: None)
    at_step(12, lambda: served.append(jobs.get(db, waiting.id).state))
    serve(place, "training")
    assert served == [State.SUCCEEDED]
    # The toy draws from the global streams and its generate disturbs them: equal weights prove they are kept.
    assert version_of(db, training) == version_of(db, whole)


def test_people_are_served_in_the_middle_of_a_snapshot(
    place: Place, db: Database, train_job: Make, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_job(steps=20, seed=3)
    serve(place, "training")
    original = ToyTrainer.snapshot
    served: list[State] = []

    def was_served(waiting: Job) -> bool:
        breathe()
        return jobs.get(db, waiting.id).state is State.SUCCEEDED

    def in_parts(trainer: ToyTrainer) -> Snapshot:
        waiting = generate_job(seed=100 + trainer.step_count)
        # More often than the loop looks in SQL by itself: the look is due within a tenth of a second.
        eventually(lambda: was_served(waiting))
        served.append(jobs.get(db, waiting.id).state)
        return original(trainer)

    monkeypatch.setattr(ToyTrainer, "snapshot", in_parts)
    training = train_job(steps=20, seed=3)
    serve(place, "training")
    assert served and set(served) == {State.SUCCEEDED}
    assert version_of(db, training) == version_of(db, whole)


def test_a_draining_training_serves_nobody_more(
    place: Place, db: Database, train_job: Make, generate_job: Make, at_step: AtStep
) -> None:
    train_job(steps=20)
    made: list[Job] = []

    def late() -> None:
        place.draining.set()
        made.append(generate_job())

    at_step(3, late)
    serve(place, "training")
    assert jobs.get(db, made[0].id).state is State.QUEUED


def test_a_cancel_ends_it(place: Place, db: Database, train_job: Make, at_step: AtStep) -> None:
    job = train_job(steps=100_000, step_ms=1)
    place.settings = place.settings.model_copy(update={"lease_seconds": 0.5})
    at_step(3, lambda: jobs.cancel(db, job.id, job.owner_id))
    serve(place, "training")
    ended = jobs.get(db, job.id)
    assert ended.state is State.CANCELED
    assert jobs.latest_checkpoint(db, job.id) is None


def test_stop_keeps_the_best(place: Place, db: Database, train_job: Make, at_step: AtStep) -> None:
    job = train_job(steps=100_000, step_ms=1)
    place.settings = place.settings.model_copy(update={"lease_seconds": 0.5})
    at_step(3, lambda: jobs.stop(db, job.id, job.owner_id))
    serve(place, "training")
    version = library.get_version(db, version_of(db, job))
    assert 3 <= version.card["steps"] < 100_000


def test_a_full_disk_costs_the_checkpoint_only(
    place: Place, db: Database, train_job: Make, monkeypatch: pytest.MonkeyPatch, at_step: AtStep
) -> None:
    place.settings = place.settings.model_copy(update={"checkpoint_seconds": 0.0})
    original = place.store.put

    def full(data: bytes) -> object:
        if b"optimizer" in data[:4000]:
            raise StorageFull("the disk is full")
        return original(data)

    monkeypatch.setattr(place.store, "put", full)
    job = train_job(steps=3)
    serve(place, "training")
    assert version_of(db, job)
    assert "no checkpoint at step 1: the disk is full" in notes(db, job)


@pytest.mark.parametrize("trouble", [Unavailable("away"), StorageFull("no room")])
def test_a_database_that_takes_nothing_does_not_stop_it(
    place: Place,
    db: Database,
    train_job: Make,
    monkeypatch: pytest.MonkeyPatch,
    trouble: AtelierError,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise trouble

    place.settings = place.settings.model_copy(update={"checkpoint_seconds": 0.0})
    job = train_job(steps=20)
    for name in ("heartbeat", "record_metrics", "note", "add_artifact", "checkpointed"):
        monkeypatch.setattr(jobs, name, away)
    serve(place, "training")
    assert version_of(db, job)


@pytest.mark.parametrize(
    ("trouble", "code"), [("error", "internal_error"), ("memory_error", "out_of_memory")]
)
def test_a_trainer_that_fails_fails_the_job(
    place: Place, db: Database, train_job: Make, trouble: str, code: str
) -> None:
    job = train_job(trouble=trouble, trouble_at=2)
    serve(place, "training")
    ended = jobs.get(db, job.id)
    assert (ended.state, ended.error_code) == (State.FAILED, code)


def test_an_unknown_data_set_is_named(place: Place, db: Database, train_job: Make) -> None:
    job = train_job(dataset="nothing")
    serve(place, "training")
    ended = jobs.get(db, job.id)
    assert (ended.state, ended.error_code, ended.error_detail) == (
        State.FAILED,
        "not_found",
        {"field": "dataset"},
    )


def test_the_global_streams_matter_to_the_toy() -> None:
    """The proof above would be empty if the toy did not draw from them."""
    torch.manual_seed(1)
    random.seed(1)
    first = torch.rand(1)
    assert torch.rand(1) != first
