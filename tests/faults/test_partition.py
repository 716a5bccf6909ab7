"""The network between a worker and everything else is cut: it stops writing, and comes back as a zombie."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from shared import jobs
from shared.database import IDLE_TRANSACTION_SECONDS, Database
from shared.lifecycle import Reason, State
from shared.tables import jobs as job_rows
from tests.faults.conftest import short_lease
from tests.faults.harness import (
    Rig,
    assert_trained_exactly,
    database_time,
    ended,
    everything,
    idle_since,
    until,
    wait_checkpoint,
)
from tests.support.builders import take
from tests.support.cable import Cable, far_side, over
from tests.support.postgres import Postgres
from tests.support.relay import Relay
from tests.support.workers import WorkerProcess

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def far_worker(rig: Rig, postgres: Postgres) -> Iterator[tuple[WorkerProcess, Cable]]:
    """A worker that reaches database and bell over TCP only, and the cable between."""
    socket = postgres.root / ".s.PGSQL.5432"
    with far_side(rig.bell.socket, socket, rig.settings.database_url) as far:
        if far.instead:
            warnings.warn(f"cut at a relay: {far.instead}", stacklevel=1)
        there = {"ATELIER_DATABASE_URL": far.database_url, "ATELIER_REDIS_URL": far.redis_url}
        worker = rig.worker("far", environment=there, prefix=far.prefix)
        yield worker, far.cable
        worker.close()


@short_lease
@on_postgresql
def test_a_worker_that_was_cut_off_changes_nothing_when_it_is_back(rig: Rig, postgres: Postgres) -> None:
    with far_worker(rig, postgres) as (worker, cable):
        job = rig.train(steps=400)
        wait_checkpoint(rig.db, job.id)
        cable.cut()
        # The cut worker's own parent would rescue too: so the test does it.
        assert until(lambda: jobs.rescue(rig.db).requeued)[0].reason == "lease_expired"
        (taken,) = take(rig.db, worker="other/0", lease=600)
        assert taken.id == job.id and taken.attempt == 2
        before = everything(rig.db)
        healed = database_time(rig.db)
        cable.heal()
        until(lambda: idle_since(rig.db, healed))
        assert everything(rig.db) == before, worker.output()
        jobs.requeue(rig.db, taken.lease, Reason.DRAINED)
        assert_trained_exactly(rig, ended(rig, job), worker.output())


@on_postgresql
def test_a_transaction_that_was_cut_in_its_middle_holds_up_nobody_for_long(
    rig: Rig, postgres: Postgres
) -> None:
    job = rig.generate(ring=False)
    with Relay("127.0.0.1", postgres.root / ".s.PGSQL.5432") as relay:
        far = Database(over(relay, rig.settings.database_url))
        connection = far.engine.connect()
        connection.execute(update(job_rows).where(job_rows.c.id == job.id).values(priority=1))
        relay.cut()
        assert take(rig.db) == [], "its row is locked, and a claim waits for nobody"
        (taken,) = until(lambda: take(rig.db))
        assert taken.id == job.id and taken.priority == 0
        assert jobs.get(rig.db, job.id).state is State.PROCESSING
        assert (taken.started_at or 0.0) - job.created_at < IDLE_TRANSACTION_SECONDS + 60
        relay.heal()
        connection.invalidate()
        far.engine.dispose()
