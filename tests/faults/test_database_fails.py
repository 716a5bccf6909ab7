"""The database is locked, cut off or dead for a while: slow, but nothing is lost and nothing runs twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from shared import jobs
from shared.errors import Unavailable
from shared.jobs import Job
from shared.lifecycle import State
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    assert_trained_exactly,
    ended,
    until,
    wait_checkpoint,
)
from tests.support.builders import files_under
from tests.support.locker import lock
from tests.support.postgres import Postgres
from tests.support.workers import WorkerProcess

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LOCKED_SECONDS = 4.0


@contextmanager
def locked(rig: Rig) -> Iterator[None]:
    """Another process holds SQLite's write lock for four seconds from now."""
    with lock(str(rig.db.url.database), LOCKED_SECONDS) as locker:
        yield
    assert locker.returncode == 0


def test_a_locked_sqlite_is_slow_and_costs_nothing(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train()
    wait_checkpoint(rig.db, job.id)
    with locked(rig):
        began = time.monotonic()
        waiting = rig.generate(seed=5)
        assert time.monotonic() - began > LOCKED_SECONDS / 2
    assert_succeeded_once(rig, waiting)
    done = ended(rig, job)
    assert_trained_exactly(rig, done, worker.output())
    assert done.attempt == 1 and len(jobs.list_attempts(rig.db, job.id)) == 1


@contextmanager
def crashed(rig: Rig, postgres: Postgres) -> Iterator[None]:
    """PostgreSQL is dead for this long; who asks meanwhile is told so."""
    postgres.crash()
    try:
        with pytest.raises(Unavailable):
            rig.generate(seed=5)
        yield
    finally:
        postgres.start()


def assert_trained_in_one_attempt(rig: Rig, job: Job, worker: WorkerProcess) -> None:
    done = ended(rig, job)
    assert_trained_exactly(rig, done, worker.output(), every_picture=False)
    attempts = jobs.list_attempts(rig.db, job.id)
    assert done.attempt == 1 and len(attempts) == 1, (attempts, worker.output())


@on_postgresql
def test_a_crashed_postgresql_stops_no_training(rig: Rig, postgres: Postgres) -> None:
    worker = rig.worker()
    job = rig.train(steps=600)
    wait_checkpoint(rig.db, job.id)
    with crashed(rig, postgres):
        # Checkpoints still reach the store: the training goes on without a database.
        stored = len(files_under(rig.folder / "home" / "store"))
        until(lambda: len(files_under(rig.folder / "home" / "store")) > stored)
    assert_trained_in_one_attempt(rig, job, worker)
    assert_succeeded_once(rig, rig.generate(seed=5))
    assert len(jobs.list_page(rig.db, job.owner_id)) == 2


@on_postgresql
def test_a_training_that_ends_without_its_database_waits_for_it(rig: Rig, postgres: Postgres) -> None:
    worker = rig.worker()
    job = rig.train(steps=400)
    wait_checkpoint(rig.db, job.id)
    with crashed(rig, postgres):
        # A training waits for nothing but its end: whatever else cannot be recorded it does without.
        until(lambda: "the database is waited for" in worker.output() or "is tried again" in worker.output())
    assert_trained_in_one_attempt(rig, job, worker)


@on_postgresql
@pytest.mark.parametrize("kind", ["training", "picture"])
def test_a_database_that_goes_away_behind_a_claim_costs_no_attempt(
    rig: Rig, postgres: Postgres, tmp_path: Path, kind: str
) -> None:
    order = tmp_path / "crash_at"
    order.write_text("wait after_claim")
    worker = rig.worker(environment={"ATELIER_CRASH_AT": str(order)})
    job = ended(rig, rig.train(steps=20) if kind == "training" else rig.generate(), State.PROCESSING)
    with crashed(rig, postgres):
        order.unlink()
        until(lambda: "the database is waited for" in worker.output())
    if kind == "training":
        assert_trained_in_one_attempt(rig, job, worker)
    else:
        assert_succeeded_once(rig, job)


@on_postgresql
def test_cut_connections_cost_no_attempt(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=1000)
    for _ in range(5):
        seen = until(lambda: jobs.latest_checkpoint(rig.db, job.id)).step
        with rig.db.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        until(partial(_went_on, rig, job.id, seen))
    done = ended(rig, job)
    assert_trained_exactly(rig, done, worker.output(), every_picture=False)
    assert done.attempt == 1


def _went_on(rig: Rig, job_id: str, step: int) -> bool:
    if jobs.get(rig.db, job_id).finished:
        return True
    checkpoint = jobs.latest_checkpoint(rig.db, job_id)
    return checkpoint is not None and checkpoint.step > step
