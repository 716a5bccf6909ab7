"""A process whose clock is an hour off: only the database's clock decides, so nothing changes.

On PostgreSQL, whose clock is the server's. With SQLite the clock that counts is that of the one machine on
which all processes run: none of them can have another, and another machine is refused
(tests/integration/worker/test_one_host.py).
"""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from shared import jobs, workers
from shared.database import now
from shared.lifecycle import State
from tests.faults.conftest import short_lease
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    assert_trained_exactly,
    ended,
    holder_pid,
    resumed_from,
    until,
    wait_checkpoint,
)
from tests.support.builders import take
from tests.support.clock import NoCompiler, OffClock
from tests.support.workers import WorkerProcess

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
HOUR = 3600
ahead_and_behind = pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])
#: What the clocks say, and how long a fifth of a second takes in three kinds of waiting.
PROBE = """
import datetime, threading, time
print(time.time(), time.time_ns() / 1e9, datetime.datetime.now(datetime.UTC).timestamp())
held = threading.Lock()
held.acquire()
for wait in (time.sleep, threading.Event().wait, lambda seconds: held.acquire(timeout=seconds)):
    began = time.monotonic()
    wait(0.2)
    print(time.monotonic() - began)
"""


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> OffClock:
    try:
        return OffClock(tmp_path_factory.mktemp("clock"))
    except NoCompiler as reason:
        pytest.skip(str(reason))


def off_worker(rig: Rig, clock: OffClock, off: int) -> WorkerProcess:
    """A worker whose processes all have that clock."""
    worker = rig.worker(environment=clock.environment(off))
    (row,) = worker.children(rig.db)
    for pid in (worker.pid, row.pid):
        assert any(Path(part.path).name == "off_clock.so" for part in psutil.Process(pid).memory_maps())
    return worker


def database_time(rig: Rig) -> float:
    """What the clock that counts says."""
    with rig.db.read() as connection:
        return float(connection.execute(select(now())).scalar_one())


@ahead_and_behind
def test_the_clock_is_off_and_waits_are_not(clock: OffClock, off: int) -> None:
    told = clock.told(off, PROBE)
    assert all(abs(moment - off - time.time()) < 60 for moment in told[:3])
    assert all(0.15 < seconds < 60 for seconds in told[3:]) and len(told) == 6


@short_lease
@on_postgresql
@ahead_and_behind
def test_a_worker_whose_clock_is_off_works_in_order_and_keeps_its_lease(
    rig: Rig, clock: OffClock, off: int
) -> None:
    began = database_time(rig)
    pictures = [rig.generate(seed=seed, ring=False) for seed in range(4)]
    jobs.set_priority(rig.db, pictures[2].id, pictures[2].owner_id, 50)
    worker = off_worker(rig, clock, off)
    for job in pictures:
        assert_succeeded_once(rig, job)
    done = [jobs.get(rig.db, pictures[number].id) for number in (2, 0, 1, 3)]
    started = [job.started_at or 0.0 for job in done]
    assert started == sorted(started), "by priority, then as they came"
    training = rig.train(steps=500)
    trained = ended(rig, training)
    assert_trained_exactly(rig, trained, worker.output())
    assert trained.attempt == 1 and len(jobs.list_attempts(rig.db, training.id)) == 1
    assert (trained.finished_at or 0.0) - (trained.started_at or 0.0) > rig.settings.lease_seconds
    for job in [*done, trained]:
        told = [event.at for event in jobs.read_timeline(rig.db, job.id)]
        assert told == sorted(told) and began <= told[0] and told[-1] <= database_time(rig)


@short_lease
@on_postgresql
@ahead_and_behind
def test_a_worker_whose_clock_is_off_rescues_when_the_lease_has_run_out(
    rig: Rig, clock: OffClock, off: int
) -> None:
    waiting = rig.generate(ring=False)
    (foreign,) = take(rig.db, worker="other/0", lease=rig.settings.lease_seconds)
    assert foreign.id == waiting.id and foreign.lease_expires_at is not None
    worker = off_worker(rig, clock, off)
    assert_succeeded_once(rig, waiting, attempts=2)
    lost, _ = jobs.list_attempts(rig.db, waiting.id)
    assert lost.reason == "lease_expired" and (lost.ended_at or 0.0) >= foreign.lease_expires_at
    job = rig.train()
    safe = wait_checkpoint(rig.db, job.id)
    os.kill(holder_pid(rig.db, job.id), signal.SIGKILL)
    assert_trained_exactly(rig, ended(rig, job), worker.output())
    tries = [(a.number, a.outcome, a.reason) for a in jobs.list_attempts(rig.db, job.id)]
    assert tries == [(1, "lost", "lease_expired"), (2, "succeeded", None)]
    assert resumed_from(rig.db, job.id)[0] >= safe


@on_postgresql
@ahead_and_behind
def test_a_web_whose_clock_is_off_submits_as_every_other(rig: Rig, clock: OffClock, off: int) -> None:
    rig.worker()
    web = rig.web(environment=clock.environment(off))
    began = database_time(rig)
    answer = web.predict(rig.version, key="once", seed=1)
    assert answer.status_code == 202, answer.text
    job = jobs.get(rig.db, answer.json()["id"])
    assert began <= job.created_at <= database_time(rig)
    assert_succeeded_once(rig, job)
    assert web.predict(rig.version, key="once", seed=1).json()["id"] == job.id
    listed = web.http.get("/v1/workers").json()["results"]
    assert [row["state"] for row in listed] == ["idle"] == [row.state for row in workers.list_workers(rig.db)]
    after = rig.generate(seed=2)
    assert ended(rig, after).state is State.SUCCEEDED
    until(lambda: web.http.get(f"/v1/jobs/{after.id}").json()["status"] == "succeeded")
