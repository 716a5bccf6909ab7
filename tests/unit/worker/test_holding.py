"""Leases that are kept alive, and what is seen through them."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from shared import jobs
from shared.database import Database
from shared.errors import Canceled, LeaseLost, Unavailable
from shared.jobs import Job, Progress
from shared.lifecycle import Reason
from tests.support.builders import queue, take
from worker.serving.holding import HUNG_EXIT_CODE, Holding

LEASE = 0.3


@dataclass
class Exit:
    """Stands for os._exit."""

    codes: list[int] = field(default_factory=list)
    called: threading.Event = field(default_factory=threading.Event)

    def __call__(self, code: int) -> None:
        self.codes.append(code)
        self.called.set()


@pytest.fixture
def exits() -> Exit:
    return Exit()


@pytest.fixture
def job(db: Database) -> Job:
    queue(db)
    (taken,) = take(db, lease=LEASE)
    return taken


@pytest.fixture
def holding(db: Database, job: Job, exits: Exit) -> Iterator[Holding]:
    with Holding(db, [job], LEASE, exits) as held:
        yield held


def wait_anew(counted: threading.Semaphore, times: int) -> None:
    """Wait for so many from now on. One is counted before its answer is stored: the next tells that it is."""
    while counted.acquire(blocking=False):
        pass
    wait(counted, times + 1)


def wait(counted: threading.Semaphore, times: int = 1) -> None:
    for _ in range(times):
        assert counted.acquire(timeout=20)


def test_a_lease_is_renewed(db: Database, job: Job, beats: threading.Semaphore, holding: Holding) -> None:
    wait(beats, 2)
    renewed = jobs.get(db, job.id)
    assert renewed.lease_expires_at is not None and job.lease_expires_at is not None
    assert renewed.lease_expires_at > job.lease_expires_at
    holding.check(job.id)


def test_a_cancel_is_seen(db: Database, job: Job, beats: threading.Semaphore, holding: Holding) -> None:
    jobs.cancel(db, job.id, job.owner_id)
    wait_anew(beats, 2)
    with pytest.raises(Canceled):
        holding.check(job.id)


def test_a_wish_from_before_the_claim_is_known(db: Database, exits: Exit) -> None:
    queue(db, lane="training")
    (first,) = take(db)
    jobs.stop(db, first.id, first.owner_id)
    jobs.requeue(db, first.lease, Reason.DRAINED)
    (second,) = take(db)
    with Holding(db, [second], 100, exits) as held:
        assert held.stop_requested(second.id)


def test_a_beat_stores_progress_and_sees_the_wishes(db: Database, job: Job, exits: Exit) -> None:
    # Its thread renews so rarely that it is the beat which sees.
    with Holding(db, [job], 300, exits) as holding:
        jobs.stop(db, job.id, job.owner_id)
        assert not holding.stop_requested(job.id)
        holding.beat(job.id, Progress(0.5, {"step": 3}))
        assert holding.stop_requested(job.id)
    stored = jobs.get(db, job.id)
    assert (stored.progress, stored.progress_detail) == (0.5, {"step": 3})


def test_a_lost_lease_is_seen_and_stays_lost(db: Database, job: Job, holding: Holding) -> None:
    jobs.requeue(db, job.lease, Reason.LEASE_EXPIRED)
    for _ in range(2):
        with pytest.raises(LeaseLost):
            holding.beat(job.id)


def test_work_that_hangs_after_a_loss_ends_its_process(
    db: Database, job: Job, holding: Holding, exits: Exit
) -> None:
    jobs.requeue(db, job.lease, Reason.STALLED)
    assert exits.called.wait(20)
    assert exits.codes == [HUNG_EXIT_CODE]


def test_a_settled_job_is_let_go(db: Database, job: Job, beats: threading.Semaphore, exits: Exit) -> None:
    other = queue(db)
    (held_too,) = take(db, lease=LEASE)
    assert held_too.id == other.id
    with Holding(db, [job, held_too], LEASE, exits) as holding:
        jobs.requeue(db, job.lease, Reason.DRAINED)
        holding.settled(job.id)
        wait(beats, 6)
    assert exits.codes == []
    assert jobs.get(db, job.id).lease_expires_at is None


def test_a_database_that_is_away_loses_nothing(
    job: Job, holding: Holding, monkeypatch: pytest.MonkeyPatch, exits: Exit
) -> None:
    tried = threading.Semaphore(0)

    def away(*_: object, **__: object) -> None:
        tried.release()
        raise Unavailable("away")

    monkeypatch.setattr(jobs, "heartbeat", away)
    holding.beat(job.id)
    wait(tried, 4)
    holding.check(job.id)
    assert exits.codes == []


def test_the_thread_survives_surprises(
    db: Database, job: Job, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Semaphore(0)
    original = jobs.heartbeat

    def surprise(*_: object, **__: object) -> None:
        tried.release()
        raise RuntimeError("the driver has a fault")

    monkeypatch.setattr(jobs, "heartbeat", surprise)
    wait(tried, 3)
    asked = threading.Event()

    def sound(*arguments: object, **options: object) -> object:
        signals = original(*arguments, **options)  # type: ignore[arg-type]
        asked.set()
        return signals

    monkeypatch.setattr(jobs, "heartbeat", sound)
    assert asked.wait(20)
    renewed = jobs.get(db, job.id).lease_expires_at
    assert renewed is not None and job.lease_expires_at is not None
    assert renewed > job.lease_expires_at


def test_only_a_pause_tells_the_last_progress_again(
    db: Database, job: Job, beats: threading.Semaphore, holding: Holding
) -> None:
    holding.beat(job.id, Progress(0.5, {"step": 3}))
    told = jobs.get(db, job.id).progress_at
    wait(beats, 3)
    assert jobs.get(db, job.id).progress_at == told
    with holding.paused():
        wait_anew(beats, 2)
    again = jobs.get(db, job.id)
    assert told is not None and again.progress_at is not None and again.progress_at > told
    assert (again.progress, again.progress_detail) == (0.5, {"step": 3})
