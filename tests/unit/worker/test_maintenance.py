"""The sweep that every worker's parent makes."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from shared import jobs, workers
from shared.artifacts import Store
from shared.database import Database, now
from shared.errors import Unavailable
from shared.jobs import NewCheckpoint
from shared.lifecycle import Reason, State
from shared.settings import Settings
from shared.tables import jobs as jobs_table
from shared.tables import workers as workers_table
from shared.workspaces import workspace
from tests.support.builders import queue, take
from tests.unit.worker.conftest import SilentBell
from worker import ingesting
from worker.app.forking import ForkGuard
from worker.maintenance import Maintenance
from worker.media import one_midi
from worker.serving.place import Place
from worker.serving.presence import Presence


@pytest.fixture
def bell() -> SilentBell:
    return SilentBell()


@pytest.fixture
def maintenance(
    db: Database, store: Store, settings_for: Callable[..., Settings], bell: SilentBell
) -> Iterator[Maintenance]:
    made = Maintenance(settings_for(lease_seconds=30.0, sweep_seconds=60.0), db, store, bell, ForkGuard())
    yield made
    made.stop()


def age(db: Database, seconds: float) -> None:
    """Let everything be that much longer ago."""
    with db.begin() as connection:
        connection.execute(update(jobs_table).values(created_at=jobs_table.c.created_at - seconds))
        connection.execute(
            update(jobs_table)
            .where(jobs_table.c.lease_expires_at.is_not(None))
            .values(lease_expires_at=jobs_table.c.lease_expires_at - seconds)
        )
        connection.execute(update(workers_table).values(seen_at=workers_table.c.seen_at - seconds))


def test_what_a_dead_worker_held_is_queued_again(
    db: Database, maintenance: Maintenance, bell: SilentBell
) -> None:
    job = queue(db)
    take(db)
    maintenance.sweep()
    assert jobs.get(db, job.id).state is State.PROCESSING
    age(db, 100)
    maintenance.sweep()
    rescued = jobs.get(db, job.id)
    assert (rescued.state, rescued.reason) == (State.QUEUED, Reason.LEASE_EXPIRED)
    assert bell.nudged == [job.id]
    assert bell.rung == ["interactive"]


def test_the_bell_rings_again_for_what_nobody_took(
    db: Database, maintenance: Maintenance, bell: SilentBell
) -> None:
    queue(db, lane="training")
    maintenance.sweep()
    assert bell.rung == []
    age(db, 100)
    maintenance.sweep()
    assert bell.rung == ["training"]


def test_the_bell_rings_at_once_for_the_heir_of_what_was_canceled(
    db: Database, maintenance: Maintenance, bell: SilentBell
) -> None:
    leader, heir = queue(db, cache_key="c" * 64), queue(db, cache_key="c" * 64)
    take(db, lease=-1.0)
    jobs.cancel(db, leader.id, leader.owner_id)
    with db.begin() as connection:
        # Too young for the bell that rings again for what nobody took.
        connection.execute(update(jobs_table).values(created_at=now() + 60))
    maintenance.sweep()
    assert jobs.get(db, heir.id).follows is None
    assert bell.rung == ["interactive"]


def test_checkpoints_of_what_ended_are_deleted(db: Database, store: Store, maintenance: Maintenance) -> None:
    job = queue(db, max_attempts=1)
    (held,) = take(db)
    blob = store.put(b"checkpoint")
    jobs.checkpointed(db, held.lease, NewCheckpoint(1, blob))
    age(db, 100)
    maintenance.sweep()
    assert jobs.get(db, job.id).error_code == "worker_lost"
    assert not store.exists(blob.hash)


def test_silent_workers_are_gone_and_then_forgotten(
    db: Database, maintenance: Maintenance, place: Place
) -> None:
    Presence(place).beat()
    maintenance.sweep()
    assert len(workers.list_workers(db)) == 1
    age(db, 1000)
    maintenance.sweep()
    assert workers.list_workers(db) == []
    assert len(workers.list_workers(db, with_gone=True)) == 1
    age(db, 100_000)
    maintenance.sweep()
    assert workers.list_workers(db, with_gone=True) == []


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("a fault")])
def test_it_backs_off_and_goes_on(
    db: Database,
    store: Store,
    settings_for: Callable[..., Settings],
    bell: SilentBell,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    calls: list[int] = []
    recovered = threading.Event()

    def rescue(_: Database) -> None:
        calls.append(1)
        if len(calls) < 3:
            raise error
        recovered.set()
        raise Unavailable("that is enough")

    monkeypatch.setattr(jobs, "rescue", rescue)
    often = Maintenance(settings_for(sweep_seconds=2.0), db, store, bell, ForkGuard())
    often.start()
    try:
        assert recovered.wait(60)
    finally:
        often.stop()


def test_two_sweeps_are_as_good_as_one(db: Database, maintenance: Maintenance) -> None:
    job = queue(db)
    take(db)
    age(db, 100)
    maintenance.sweep()
    maintenance.sweep()
    assert jobs.get(db, job.id).lease_token == 2
    assert [event.kind for event in jobs.read_timeline(db, job.id)].count("requeue") == 1


def test_the_clock_is_the_databases(db: Database) -> None:
    with db.read() as connection:
        from sqlalchemy import select

        assert connection.execute(select(now())).scalar_one() > 1e9


def test_what_a_killed_worker_left_of_its_uploads_is_removed(
    maintenance: Maintenance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    for prefix in (ingesting.WORKSPACES, one_midi.WORKSPACES):
        (scratch / f"{prefix}dead").mkdir()
        (scratch / f"{prefix}dead" / "source").write_bytes(b"x")
    with workspace(one_midi.WORKSPACES) as used:
        maintenance.sweep()
        assert list(scratch.iterdir()) == [used]
