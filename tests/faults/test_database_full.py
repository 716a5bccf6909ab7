"""The database's own disk is full: nothing is accepted that is not stored, and what runs goes on.

The disk is a tmpfs of a few megabytes under SQLite's files, or under PostgreSQL's tables, or its log.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from shared import jobs
from shared.errors import StorageFull, Unavailable
from shared.jobs import Job
from shared.lifecycle import State
from tests.conftest import both_stores
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    assert_trained_exactly,
    ended,
    everything,
    until,
    wait_checkpoint,
)
from tests.support.builders import files_under, queue
from tests.support.disk import SmallDisk, mounted
from tests.support.postgres import Postgres
from tests.support.web import WebProcess

#: Room for a database with its tables and a little more.
MEGABYTES = {"sqlite": 8, "postgresql": 32, "postgresql's log": 32}


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[SmallDisk]:
    with mounted(MEGABYTES[request.node.callspec.params["database_url"]]) as small:
        yield small


@pytest.fixture
def lease_seconds() -> float:
    """Longer than the disk is full: no lease can be renewed meanwhile, and nobody is to be rescued."""
    return 120.0


@pytest.fixture
def own_server(disk: SmallDisk) -> Iterator[Postgres]:
    """A PostgreSQL whose write-ahead log lies on the small disk."""
    folder = disk.folder / "log"
    folder.mkdir()
    server = Postgres(log_folder=folder)
    yield server
    server.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, disk: SmallDisk) -> Iterator[str]:
    """A database on the small disk."""
    if request.param == "sqlite":
        yield f"sqlite:///{disk.folder / 'atelier.db'}"
    elif request.param == "postgresql":
        folder = disk.folder / "tables"
        folder.mkdir()
        with request.getfixturevalue("postgres").database_in(folder) as url:
            yield url
    else:
        yield request.getfixturevalue("own_server").database()


def submit_until_refused(rig: Rig, web: WebProcess) -> tuple[list[Job], httpx.Response, str]:
    """Ask for pictures, each with a key of its own, until one is refused; gives what was accepted too."""
    accepted: list[Job] = []
    for seed in count(1000):
        answer = web.predict(rig.version, key=f"key {seed}", seed=seed)
        if answer.status_code != 202:
            return accepted, answer, f"key {seed}"
        accepted.append(jobs.get(rig.db, answer.json()["id"]))
    raise AssertionError


def queue_for_nobody(rig: Rig) -> None:
    """Queue jobs that no worker takes for as long as the database takes them."""
    for _ in count():
        queue(rig.db, family="of nobody here")


def fill_log(rig: Rig) -> None:
    """Write to PostgreSQL's log, and nothing else, until there is no room for more of it."""
    for _ in count():
        with rig.db.begin() as connection:
            connection.execute(text("SELECT pg_logical_emit_message(true, 'test', repeat('x', 100000))"))


def stored_files(rig: Rig) -> list[Path]:
    """Every file in the store."""
    return files_under(rig.folder / "home" / "store")


def rows(rig: Rig) -> int:
    """How many jobs there are."""
    return len(everything(rig.db)[0])


@both_stores
def test_a_full_database_refuses_and_the_record_of_what_runs_waits(rig: Rig, disk: SmallDisk) -> None:
    worker = rig.worker()
    web = rig.web()
    # The first job of a version writes its measured shape: without room for that it would try again.
    assert_succeeded_once(rig, rig.generate(seed=1))
    running = rig.generate(hold_ms=2500)
    ended(rig, running, State.PROCESSING)
    disk.fill()
    accepted, refused, key = submit_until_refused(rig, web)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_full"), web.output()
    assert int(refused.headers["Retry-After"]) > 0
    assert rows(rig) == len(accepted) + 2, "every 202 is stored, and of the refused one nothing is"
    assert web.http.get(f"/v1/jobs/{running.id}").status_code == 200
    until(lambda: "the database is waited for" in worker.output() or jobs.get(rig.db, running.id).finished)
    disk.free()
    assert_succeeded_once(rig, running)
    again = web.predict(rig.version, key=key, seed=int(key.split()[1]))
    assert again.status_code == 202, again.text
    for job in [*accepted, jobs.get(rig.db, again.json()["id"])]:
        assert_succeeded_once(rig, job)
    assert rows(rig) == len(accepted) + 3


@both_stores
def test_a_training_goes_on_while_the_database_is_full(rig: Rig, disk: SmallDisk) -> None:
    worker = rig.worker()
    job = rig.train(steps=250)
    wait_checkpoint(rig.db, job.id)
    stored = len(stored_files(rig))
    disk.fill()
    with pytest.raises(StorageFull):
        queue_for_nobody(rig)
    until(lambda: len(stored_files(rig)) > stored + 1)
    disk.free()
    done = ended(rig, job)
    assert_trained_exactly(rig, done, worker.output(), every_picture=False)
    assert done.attempt == 1 and len(jobs.list_attempts(rig.db, job.id)) == 1


@pytest.mark.parametrize("database_url", ["postgresql's log"], indirect=True)
def test_a_postgresql_whose_log_is_full_crashes_and_loses_nothing(
    rig: Rig, disk: SmallDisk, own_server: Postgres
) -> None:
    worker = rig.worker()
    web = rig.web()
    job = rig.train(steps=250)
    wait_checkpoint(rig.db, job.id)
    stored = len(stored_files(rig))
    disk.fill()
    with pytest.raises((StorageFull, Unavailable)):
        fill_log(rig)
    until(lambda: own_server.process is not None and own_server.process.poll() is not None)
    refused = web.predict(rig.version, key="once", seed=5)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), web.output()
    until(lambda: len(stored_files(rig)) > stored + 1)
    disk.free()
    own_server.start()
    assert_trained_exactly(rig, ended(rig, job), worker.output(), every_picture=False)
    assert rows(rig) == 1
    again = web.predict(rig.version, key="once", seed=5)
    assert again.status_code == 202, again.text
    assert_succeeded_once(rig, jobs.get(rig.db, again.json()["id"]))
