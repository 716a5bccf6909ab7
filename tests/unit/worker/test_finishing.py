"""A batch is recorded while the next one is computed; nobody notices but the clock."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from shared import jobs
from shared.database import Database
from shared.errors import StorageFull
from shared.jobs import Job
from shared.lifecycle import State
from shared.migrate import OWNER
from shared.tables import jobs as table
from shared.tables import owners
from tests.support.workers import eventually
from tests.unit.worker.test_runner import states
from worker import runner
from worker.runner import serve
from worker.serving.desk import Desk
from worker.serving.finishing import Finisher
from worker.serving.place import Place

Make = Callable[..., Job]


def test_one_batch_ends_at_a_time_and_in_order() -> None:
    finisher = Finisher()
    ended: list[int] = []
    may_end = threading.Event()

    def first() -> None:
        may_end.wait(30)
        ended.append(1)

    finisher.begin(first)
    threading.Timer(0.05, may_end.set).start()
    finisher.begin(lambda: ended.append(2))
    assert ended[0] == 1, "the second waits for the first"
    assert finisher.wait() and ended == [1, 2]
    assert not finisher.wait()


def test_a_surprise_at_the_end_of_a_batch_is_logged_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    finisher = Finisher()

    def broken() -> None:
        raise RuntimeError("a surprise")

    finisher.begin(broken)
    assert finisher.wait()
    assert "a surprise" in caplog.text


@pytest.fixture
def held_record(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Records wait for this event."""
    go = threading.Event()
    whole = runner.record

    def record(work: runner.Batch) -> None:
        go.wait(30)
        whole(work)

    monkeypatch.setattr(runner, "record", record)
    return go


def test_the_next_batch_is_computed_while_one_is_recorded(
    place: Place, db: Database, generate_job: Make, held_record: threading.Event
) -> None:
    first = generate_job(seed=1)
    assert serve(place, "interactive", ahead=True)
    second = generate_job(seed=2)
    assert place.current_jobs() == [first.id]
    assert states(db, first) == [(State.PROCESSING, None)]
    threading.Timer(0.2, held_record.set).start()
    assert serve(place, "interactive", ahead=True)
    place.finisher.wait()
    assert states(db, first, second) == [(State.SUCCEEDED, None)] * 2
    assert place.current_jobs() == []


def test_what_was_lost_before_runs_with_nothing_else_at_risk(
    place: Place, db: Database, generate_job: Make, held_record: threading.Event
) -> None:
    poison = generate_job(seed=1)
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == poison.id).values(attempt=1, paused=True))
    other = generate_job(seed=2)
    assert serve(place, "interactive", ahead=True)
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == poison.id).values(paused=False))
    found: list[State] = []
    whole = runner.fetch

    def fetch(work: runner.Batch) -> None:
        found.append(jobs.get(db, other.id).state)
        whole(work)

    threading.Timer(0.1, held_record.set).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "fetch", fetch)
        assert serve(place, "interactive")
    assert found == [State.SUCCEEDED]


def test_what_was_lost_before_is_recorded_before_anything_else_runs(
    place: Place, db: Database, generate_job: Make
) -> None:
    """Else the next batch could kill the process, and with it what had the bad luck of running beside it."""
    unlucky = generate_job(seed=1)
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == unlucky.id).values(attempt=1))
    assert serve(place, "interactive", ahead=True)
    assert jobs.get(db, unlucky.id).state is State.SUCCEEDED


def test_an_owner_at_the_limit_is_served_on_without_a_pause(
    place: Place, db: Database, generate_job: Make
) -> None:
    with db.begin() as connection:
        connection.execute(update(owners).where(owners.c.id == OWNER).values(max_running=1))
    made = [generate_job(seed=seed) for seed in range(3)]
    # It never looks by itself: what is left after a batch must be found at its end.
    desk = Desk(place, look_seconds=1000)
    desk.start()
    eventually(lambda: all(jobs.get(db, job.id).state is State.SUCCEEDED for job in made), 60)
    desk.drain()
    assert desk.join(30)


def test_a_drain_waits_for_the_record(
    place: Place, db: Database, generate_job: Make, held_record: threading.Event
) -> None:
    job = generate_job(seed=1)
    desk = Desk(place)
    desk.start()
    eventually(lambda: place.current_jobs() == [job.id], 60)
    desk.drain()
    assert not desk.join(0.1)
    held_record.set()
    assert desk.join(30)
    assert states(db, job) == [(State.SUCCEEDED, None)]


def test_one_part_that_finds_no_room_costs_its_job_only(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [generate_job(seed=seed) for seed in (1, 2, 3)]
    whole, calls = place.store.put, []

    def no_room_for_one(data: bytes) -> object:
        calls.append(data)
        if len(calls) == 1:
            raise StorageFull("the disk is full")
        return whole(data)

    monkeypatch.setattr(place.store, "put", no_room_for_one)
    serve(place, "interactive")
    found = sorted(state for state, _ in states(db, *made))
    assert found == [State.QUEUED, State.SUCCEEDED, State.SUCCEEDED]


TROUBLES = [("encode_error", "toy_smudged"), ("sample_error", "toy_broken")]


@pytest.mark.parametrize(("trouble", "code"), TROUBLES)
def test_a_sample_that_fails_late_fails_its_own_job(
    place: Place, db: Database, generate_job: Make, trouble: str, code: str
) -> None:
    made = [generate_job(seed=1), generate_job(seed=2, trouble=trouble), generate_job(seed=3)]
    serve(place, "interactive")
    assert states(db, *made) == [(State.SUCCEEDED, None), (State.FAILED, code), (State.SUCCEEDED, None)]
