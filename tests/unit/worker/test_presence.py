"""What a child tells about itself."""

import os
import threading
from collections.abc import Callable

import pytest

from shared import workers
from shared.database import Database
from shared.errors import Unavailable
from shared.jobs import Job
from tests.support.builders import take
from worker.runner import serve
from worker.serving.place import Place
from worker.serving.presence import Presence


def state(db: Database) -> str:
    (worker,) = workers.list_workers(db, with_gone=True)
    return worker.state


def test_states_follow_what_happens(place: Place, db: Database, generate_job: Callable[..., Job]) -> None:
    presence = Presence(place)
    presence.beat()
    assert state(db) == "starting"
    presence.ready()
    assert state(db) == "idle"
    generate_job()
    with place.working_on(take(db)):
        presence.beat()
        assert state(db) == "busy"
    place.draining.set()
    presence.beat()
    assert state(db) == "draining"


def test_the_row_tells_what_is_held_and_done(
    place: Place, db: Database, generate_job: Callable[..., Job], toy: dict[str, str]
) -> None:
    generate_job()
    serve(place, "interactive")
    waiting = generate_job(seed=2)
    with place.working_on(take(db)):
        Presence(place).beat()
    (worker,) = workers.list_workers(db)
    assert worker.jobs == [waiting.id]
    assert worker.holds == [toy["version_id"]]
    assert (worker.pid, worker.device, worker.lanes) == (os.getpid(), "cpu", list(place.lanes))
    assert "toy" in worker.families
    assert worker.info["rss"] > 0 and worker.info["weights"] == 128


def test_served_in_place_is_shown_beside_the_training(
    place: Place, db: Database, generate_job: Callable[..., Job]
) -> None:
    generate_job(), generate_job(seed=2)
    (outer,), (inner,) = take(db), take(db)
    with place.working_on([outer]):
        with place.working_on([inner]):
            assert place.current_jobs() == [outer.id, inner.id]
        assert place.current_jobs() == [outer.id]
    assert place.current_jobs() == []


def test_a_wish_to_drain_is_followed(place: Place, db: Database) -> None:
    presence = Presence(place)
    presence.beat()
    workers.request_drain(db, place.worker_id)
    presence.beat()
    assert place.draining.is_set()


def test_goodbye(place: Place, db: Database) -> None:
    presence = Presence(place, beat_seconds=1000)
    presence.start()
    presence.leave()
    assert workers.list_workers(db) == []


def test_a_database_that_is_away_is_survived(
    place: Place, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, back = threading.Semaphore(0), threading.Event()
    sound = workers.beat

    def away(*_: object, **__: object) -> None:
        tried.release()
        raise Unavailable("away")

    def again(*arguments: object, **options: object) -> object:
        answer = sound(*arguments, **options)  # type: ignore[arg-type]
        back.set()
        return answer

    monkeypatch.setattr(workers, "beat", away)
    monkeypatch.setattr(workers, "leave", away)
    presence = Presence(place, beat_seconds=0.01)
    presence.start()
    for _ in range(3):
        assert tried.acquire(timeout=20)
    monkeypatch.setattr(workers, "beat", again)
    assert back.wait(20)
    presence.leave()
    assert [worker.id for worker in workers.list_workers(db, with_gone=True)] == [place.worker_id]
