"""The working thread: woken, draining, and never stopped by a surprise."""

import threading
from collections.abc import Callable, Iterator

import pytest

from shared import jobs
from shared.database import Database
from shared.errors import Unavailable
from shared.jobs import Job
from shared.lifecycle import State
from worker.serving import desk as desk_module
from worker.serving.desk import Desk
from worker.serving.place import Place

Make = Callable[..., Job]
NEVER = 1000.0


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """A desk that only the bell wakes."""
    made = Desk(place, look_seconds=NEVER)
    yield made
    made.drain()
    assert made.join(20)


def test_a_call_returns_when_the_work_is_done(db: Database, desk: Desk, generate_job: Make) -> None:
    desk.start()
    desk.call()
    made = [generate_job(seed=seed) for seed in range(3)]
    desk.call()
    assert {jobs.get(db, job.id).state for job in made} == {State.SUCCEEDED}


def test_people_come_before_trainings(
    place: Place, db: Database, desk: Desk, generate_job: Make, train_job: Make
) -> None:
    training, people = train_job(steps=2), generate_job()
    desk.start()
    desk.call()
    first, second = jobs.get(db, people.id), jobs.get(db, training.id)
    assert first.started_at is not None and second.started_at is not None
    assert first.started_at < second.started_at


def test_without_a_bell_it_looks_by_itself(place: Place, db: Database, generate_job: Make) -> None:
    desk = Desk(place, look_seconds=0.01)
    job = generate_job()
    served = threading.Event()
    nudge = place.bell.nudge

    def served_now(*job_ids: str) -> bool:
        served.set()
        return nudge(*job_ids)

    place.bell.nudge = served_now  # type: ignore[method-assign]
    desk.start()
    assert served.wait(30)
    desk.drain()
    assert desk.join(20)
    assert jobs.get(db, job.id).state is State.SUCCEEDED


def test_a_draining_desk_takes_nothing(place: Place, db: Database, desk: Desk, generate_job: Make) -> None:
    desk.start()
    desk.call()
    desk.drain()
    assert desk.join(20)
    job = generate_job()
    desk.call()
    assert jobs.get(db, job.id).state is State.QUEUED


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("a fault")])
def test_it_outlives_what_goes_wrong(
    place: Place, desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(desk_module, "PAUSE_SECONDS", 0.0)
    calls: list[str] = []

    def serve(_: Place, lane: str, **__: object) -> bool:
        calls.append(lane)
        if len(calls) == 1:
            raise error
        return False

    monkeypatch.setattr(desk_module, "serve", serve)
    desk.start()
    desk.call()
    desk.call()
    assert calls[1:4] == list(place.lanes)


def test_preparation_comes_first_in_the_same_thread(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def serve(*_: object, **__: object) -> bool:
        seen.append(threading.current_thread().name)
        return False

    monkeypatch.setattr(desk_module, "serve", serve)
    desk = Desk(place, lambda: seen.append(f"prepare in {threading.current_thread().name}"), NEVER)
    desk.start()
    desk.call()
    desk.drain()
    assert desk.join(20)
    assert seen[:2] == ["prepare in desk", "desk"]
