"""Equal requests in flight share one execution, and each still ends in exactly one way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection, update

from shared import files, jobs
from shared.database import Database
from shared.errors import InvalidInput
from shared.jobs import Job, NewArtifact, Result
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from shared.tables import jobs as rows
from tests.conftest import both_stores
from tests.contract.test_order_contract import owner
from tests.support.builders import blob, queue, take

pytestmark = both_stores
KEY = "c" * 64
owner_module: Any = import_module("shared.jobs.owner")


def pair(db: Database, **changes: object) -> tuple[Job, Job]:
    first = queue(db, cache_key=KEY)
    second = queue(db, cache_key=KEY, **changes)
    assert (first.follows, second.follows) == (None, first.id)
    return first, second


def made() -> Result:
    return Result(output={"n": 1}, artifacts=(NewArtifact("output", "a.png", "image/png", blob("a")),))


def test_the_follower_is_never_claimed_and_ends_with_its_leader(db: Database) -> None:
    first, second = pair(db)
    (taken,) = take(db, limit=8)
    assert taken.id == first.id and take(db) == []
    third = queue(db, cache_key=KEY)
    assert third.follows == first.id
    jobs.succeed(db, [(taken.lease, made())])
    for follower in (second, third):
        done = jobs.get(db, follower.id)
        assert (done.state, done.reason, done.cached_from) == (State.SUCCEEDED, "cached", first.id)
        assert (done.output, done.follows, done.attempt) == ({"n": 1}, None, 0)
        assert [file.hash for file in files.job_artifacts(db, done.id)] == [blob("a").hash]
        told = [event.kind for event in jobs.read_timeline(db, done.id)]
        assert told == ["submitted", "share"]


def test_a_failure_is_shared(db: Database) -> None:
    _first, second = pair(db)
    jobs.fail(db, take(db)[0].lease, InvalidInput("no good", field="seed"))
    done = jobs.get(db, second.id)
    assert (done.state, done.error_code, done.error_message) == (State.FAILED, "invalid_input", "no good")


@pytest.mark.parametrize("running", [False, True], ids=["waiting", "running"])
def test_when_the_leader_is_canceled_the_first_follower_takes_its_place(db: Database, running: bool) -> None:
    first, second = pair(db)
    third = queue(db, cache_key=KEY)
    batch = take(db) if running else []
    left = jobs.cancel(db, first.id, OWNER)[1]
    if running:
        left = jobs.canceled(db, batch[0].lease)
    assert left.promoted == "interactive", "its workers are to be told"
    assert jobs.get(db, first.id).state is State.CANCELED
    heir = jobs.get(db, second.id)
    assert (heir.follows, jobs.get(db, third.id).follows) == (None, second.id)
    assert heir.virtual_start == first.virtual_start
    told = [jobs.read_timeline(db, job.id)[-1] for job in (second, third)]
    assert [(event.kind, event.data["follows"]) for event in told] == [
        ("promoted", None),
        ("promoted", second.id),
    ]
    assert [job.id for job in take(db)] == [second.id]


def test_an_heir_goes_to_the_leaders_place_and_is_charged_for_it(db: Database) -> None:
    ahead = queue(db)
    first, second = pair(db)
    jobs.cancel(db, first.id, OWNER)
    last = queue(db)
    assert last.virtual_start == first.virtual_start + first.cost_seconds
    assert [take(db)[0].id for _ in range(3)] == [ahead.id, second.id, last.id]


def test_a_rescue_tells_in_which_lanes_an_heir_waits(db: Database) -> None:
    first, second = pair(db)
    jobs.claim(db, worker_id="w", lanes=["interactive"], families=["toy"], limit=1, lease_seconds=-1)
    jobs.cancel(db, first.id, OWNER)
    rescued = jobs.rescue(db)
    assert rescued.promoted == {"interactive"}
    assert [job.id for job in take(db)] == [second.id]


def test_a_cancel_without_followers_promotes_nobody(db: Database) -> None:
    assert jobs.cancel(db, queue(db, cache_key=KEY).id, OWNER)[1].promoted is None


def test_a_canceled_follower_leaves_the_leader_alone(db: Database) -> None:
    first, second = pair(db)
    jobs.cancel(db, second.id, OWNER)
    (taken,) = take(db)
    jobs.succeed(db, [(taken.lease, made())])
    assert [jobs.get(db, job.id).state for job in (first, second)] == [State.SUCCEEDED, State.CANCELED]


def test_a_requeued_leader_keeps_its_followers(db: Database) -> None:
    first, second = pair(db)
    jobs.requeue(db, take(db)[0].lease, Reason.DRAINED)
    assert jobs.get(db, second.id).follows == first.id
    (taken,) = take(db)
    jobs.succeed(db, [(taken.lease, made())])
    assert jobs.get(db, second.id).state is State.SUCCEEDED


def test_an_urgent_follower_moves_its_leader_up(db: Database) -> None:
    other = queue(db, priority=5)
    first, _ = pair(db, priority=9)
    assert jobs.get(db, first.id).priority == 0
    assert [job.id for job in take(db)] == [first.id]
    assert [job.id for job in take(db)] == [other.id]


def test_nobody_follows_a_stranger_or_one_who_is_about_to_stop(db: Database) -> None:
    first = queue(db, cache_key=KEY)
    stranger = queue(db, cache_key=KEY, owner_id=owner(db, "stranger"))
    assert stranger.follows is None
    jobs.pause(db, first.id, OWNER)
    assert queue(db, cache_key=KEY).follows is None


def test_a_lost_leader_shares_its_end(db: Database) -> None:
    first = queue(db, cache_key=KEY, max_attempts=1)
    second = queue(db, cache_key=KEY)
    jobs.claim(db, worker_id="w", lanes=["interactive"], families=["toy"], limit=1, lease_seconds=-1)
    jobs.rescue(db)
    assert [jobs.get(db, job.id).error_code for job in (first, second)] == ["worker_lost"] * 2


def test_after_success_the_stored_result_is_taken_at_once(db: Database) -> None:
    pair(db)
    jobs.succeed(db, [(take(db)[0].lease, made())])
    late = queue(db, cache_key=KEY)
    assert (late.state, late.reason) == (State.SUCCEEDED, "cached")


def held_back(monkeypatch: pytest.MonkeyPatch, job_id: str) -> tuple[threading.Event, threading.Event]:
    """A cancel of this job waits before its commit: events that say "it waits" and "go on"."""
    waits, go_on = threading.Event(), threading.Event()
    original = owner_module._changed

    def changed(connection: Connection, changed_id: str, **values: object) -> Job:
        done: Job = original(connection, changed_id, **values)
        if changed_id == job_id:
            waits.set()
            assert go_on.wait(60)
        return done

    monkeypatch.setattr(owner_module, "_changed", changed)
    return waits, go_on


@contextmanager
def while_it_is_canceled(db: Database, job: Job, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The block runs while a cancel of ``job`` has written everything and has not committed."""
    waits, go_on = held_back(monkeypatch, job.id)
    thread = threading.Thread(target=jobs.cancel, args=(db, job.id, OWNER))
    thread.start()
    assert waits.wait(60)
    threading.Timer(0.5, go_on.set).start()
    yield
    thread.join()


def test_the_heir_is_not_one_that_is_canceled_at_the_same_moment(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair(db)
    third = queue(db, cache_key=KEY)
    with while_it_is_canceled(db, second, monkeypatch):
        jobs.cancel(db, first.id, OWNER)
    assert jobs.get(db, third.id).follows is None
    assert [job.id for job in take(db)] == [third.id], "nobody waits for one that has ended"


@pytest.mark.parametrize("end", ["succeeds", "fails"])
def test_a_follower_canceled_at_the_moment_of_the_end_shares_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    _, second = pair(db)
    (taken,) = take(db)
    with while_it_is_canceled(db, second, monkeypatch):
        if end == "succeeds":
            jobs.succeed(db, [(taken.lease, made())])
        else:
            jobs.fail(db, taken.lease, InvalidInput("no"))
    assert jobs.get(db, second.id).state is State.CANCELED
    assert [event.kind for event in jobs.read_timeline(db, second.id)] == ["submitted", "cancel"]
    assert files.job_artifacts(db, second.id) == []


def test_the_heir_keeps_the_rank_that_the_leader_had_waited_for(db: Database) -> None:
    first, second = pair(db)
    with db.begin() as connection:
        connection.execute(update(rows).where(rows.c.id == first.id).values(rank=30))
    jobs.cancel(db, first.id, OWNER)
    heir = jobs.get(db, second.id)
    assert (heir.rank, heir.priority, heir.follows) == (30, 0, None)


def test_nobody_waits_for_a_leader_that_is_held_back(db: Database) -> None:
    first, second = pair(db)
    third = queue(db, cache_key=KEY)
    jobs.pause(db, first.id, OWNER)
    assert [jobs.get(db, job.id).follows for job in (first, second, third)] == [None, None, second.id]
    (taken,) = take(db, limit=8)
    assert taken.id == second.id
    assert "promoted" in [event.kind for event in jobs.read_timeline(db, second.id)]


def test_who_is_resumed_does_not_wait_for_one_that_is_still_held_back(db: Database) -> None:
    first, second = pair(db)
    jobs.pause(db, second.id, OWNER)
    jobs.pause(db, first.id, OWNER)
    assert jobs.get(db, second.id).follows == first.id, "as long as both are held back nothing changes"
    assert jobs.resume(db, second.id, OWNER).follows is None
    (taken,) = take(db, limit=8)
    assert taken.id == second.id


def test_a_follower_that_is_moved_up_moves_its_leader(db: Database) -> None:
    first, second = pair(db)
    jobs.set_priority(db, second.id, OWNER, 40)
    assert (jobs.get(db, first.id).rank, jobs.get(db, first.id).priority) == (40, 0)
