"""How long a child waits for its database, in seconds of a clock that the test turns."""

from collections.abc import Callable

import pytest

from shared import jobs
from shared.errors import LeaseLost, StorageFull, Unavailable
from shared.jobs import Job
from shared.lifecycle import State
from worker.runner import serve
from worker.serving import absence, patience
from worker.serving.claiming import claim
from worker.serving.patience import PATIENCE_SECONDS, PATIENCE_WHEN_DRAINING_SECONDS, persist
from worker.serving.place import Place


class Clock:
    """Seconds that pass only in sleep."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(patience, "time", turned)
    monkeypatch.setattr(absence, "time", turned)
    return turned


def away() -> None:
    raise Unavailable("the database does not answer")


def returning(clock: Clock, after: float, error: Exception) -> Callable[[], str]:
    """An act that fails until ``after`` seconds from now."""
    back = clock.seconds + after

    def act() -> str:
        if clock.seconds < back:
            raise error
        return "done"

    return act


@pytest.mark.parametrize("error", [Unavailable("away"), StorageFull("no room")])
def test_an_absence_is_waited_for(place: Place, clock: Clock, error: Exception) -> None:
    began = clock.seconds
    assert persist(place, returning(clock, 90, error)) == "done"
    assert 90 <= clock.seconds - began <= 95.1, "it looks again every few seconds"


def test_other_errors_are_not_waited_for(place: Place, clock: Clock) -> None:
    began = clock.seconds
    with pytest.raises(LeaseLost):
        persist(place, returning(clock, 1, LeaseLost("another's")))
    assert clock.seconds == began


def test_patience_ends(place: Place, clock: Clock) -> None:
    began = clock.seconds
    with pytest.raises(Unavailable):
        persist(place, away)
    assert PATIENCE_SECONDS < clock.seconds - began < PATIENCE_SECONDS + 6


def test_a_child_that_leaves_has_little_patience(place: Place, clock: Clock) -> None:
    began = clock.seconds
    place.draining.set()
    with pytest.raises(Unavailable):
        persist(place, away)
    assert PATIENCE_WHEN_DRAINING_SECONDS < clock.seconds - began < PATIENCE_WHEN_DRAINING_SECONDS + 6


def test_what_can_be_left_out_is_tried_once(place: Place, clock: Clock) -> None:
    began = clock.seconds
    with pytest.raises(Unavailable):
        persist(place, away, once=True)
    assert clock.seconds == began
    clock.sleep(PATIENCE_SECONDS * 2)
    assert persist(place, returning(clock, 60, Unavailable("away"))) == "done", "it began no absence"


def test_what_was_away_too_long_for_one_is_not_waited_for_by_the_next(place: Place, clock: Clock) -> None:
    with pytest.raises(Unavailable):
        persist(place, away)
    began = clock.seconds
    for _ in range(50):
        with pytest.raises(Unavailable):
            persist(place, away)
    assert clock.seconds == began


def test_an_answer_begins_a_new_patience(place: Place, clock: Clock) -> None:
    with pytest.raises(Unavailable):
        persist(place, away)
    assert persist(place, lambda: "back") == "back"
    assert persist(place, returning(clock, 60, Unavailable("away"))) == "done"


def test_a_refusal_is_an_answer(place: Place, clock: Clock) -> None:
    with pytest.raises(Unavailable):
        persist(place, away)
    with pytest.raises(LeaseLost):
        persist(place, returning(clock, 60, LeaseLost("another's")))
    assert persist(place, returning(clock, 60, Unavailable("away"))) == "done"


def test_a_failure_long_after_the_last_begins_a_new_absence(place: Place, clock: Clock) -> None:
    with pytest.raises(Unavailable):
        persist(place, away)
    clock.sleep(3600)
    assert persist(place, returning(clock, 60, Unavailable("away"))) == "done"


def test_an_act_refused_while_others_are_answered_gives_up_too(place: Place, clock: Clock) -> None:
    began = clock.seconds

    def refused() -> None:
        persist(place, lambda: None)
        away()

    with pytest.raises(Unavailable):
        persist(place, refused)
    assert clock.seconds - began < PATIENCE_SECONDS + 6


def test_a_batch_waits_once_for_all_its_jobs(
    place: Place, clock: Clock, generate_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gone behind the claim, it stays away: neither reads nor ends are waited for job by job."""
    batch = [generate_job(seed=seed) for seed in range(5)]
    with monkeypatch.context() as gone:
        gone.setattr("worker.runner.fetch_request", lambda *_: away())
        gone.setattr(jobs, "requeue", lambda *_, **__: away())
        began = clock.seconds
        serve(place, "interactive")
    assert clock.seconds - began < PATIENCE_SECONDS + 6
    assert {jobs.get(place.db, job.id).state for job in batch} == {State.PROCESSING}


def test_a_claim_shows_that_the_database_is_back(
    place: Place, clock: Clock, generate_job: Callable[..., Job]
) -> None:
    with pytest.raises(Unavailable):
        persist(place, away)
    generate_job(seed=1)
    assert claim(place, "interactive")
    assert persist(place, returning(clock, 60, Unavailable("away"))) == "done"
