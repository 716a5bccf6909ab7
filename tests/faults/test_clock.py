"""A process whose clock is an hour off: only the database's clock decides, so nothing changes.

On PostgreSQL, whose clock is the server's. With SQLite the clock that counts is that of the one machine on
which all processes run: none of them can have another, and another machine is refused
(tests/integration/worker/test_one_host.py).
"""

import os
import signal
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from shared import jobs
from shared.lifecycle import State
from tests.faults.conftest import short_lease
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    assert_trained_exactly,
    database_time,
    ended,
    holder_pid,
    until,
)
from tests.support.builders import take
from tests.support.clock import NoCompiler, OffClock
from tests.support.web import WebProcess
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


@ahead_and_behind
def test_the_clock_is_off_and_waits_are_not(clock: OffClock, off: int) -> None:
    told = clock.told(off, PROBE)
    assert all(abs(moment - off - time.time()) < 60 for moment in told[:3])
    assert all(0.15 < seconds < 60 for seconds in told[3:]) and len(told) == 6


@pytest.mark.parametrize("lease_seconds", [8.0])
@on_postgresql
@ahead_and_behind
def test_a_worker_whose_clock_is_off_works_in_order_and_keeps_its_lease(
    rig: Rig, clock: OffClock, off: int
) -> None:
    began = database_time(rig.db)
    pictures = [rig.generate(seed=seed, ring=False) for seed in range(4)]
    jobs.set_priority(rig.db, pictures[2].id, pictures[2].owner_id, 50)
    worker = off_worker(rig, clock, off)
    for job in pictures:
        assert_succeeded_once(rig, job)
    done = [jobs.get(rig.db, pictures[number].id) for number in (2, 0, 1, 3)]
    started = [job.started_at or 0.0 for job in done]
    assert started == sorted(started), "by priority, then as they came"
    training = rig.train(steps=1000)
    trained = ended(rig, training)
    assert_trained_exactly(rig, trained, worker.output())
    assert trained.attempt == 1 and len(jobs.list_attempts(rig.db, training.id)) == 1
    assert (trained.finished_at or 0.0) - (trained.started_at or 0.0) > rig.settings.lease_seconds
    for job in [*done, trained]:
        told = [event.at for event in jobs.read_timeline(rig.db, job.id)]
        assert told == sorted(told) and began <= told[0] and told[-1] <= database_time(rig.db)


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
    held = rig.generate(seed=2, hold_ms=4000)
    ended(rig, held, State.PROCESSING)
    os.kill(holder_pid(rig.db, held.id), signal.SIGKILL)
    assert_succeeded_once(rig, held, attempts=2)
    assert jobs.list_attempts(rig.db, held.id)[0].reason == "lease_expired", worker.output()


@on_postgresql
def test_webs_whose_clocks_are_off_submit_as_every_other(rig: Rig, clock: OffClock) -> None:
    rig.worker()
    webs = [rig.web(f"web{off}", environment=clock.environment(off)) for off in (HOUR, -HOUR)]
    busy = rig.generate(hold_ms=2000)
    ended(rig, busy, State.PROCESSING)
    began = database_time(rig.db)
    given = [(web, seed) for seed in range(2) for web in webs]
    asked = [web.predict(rig.version, key=f"{seed}", seed=seed) for web, seed in given]
    assert all(answer.status_code in (202, 201) for answer in asked)
    ids = [answer.json()["id"] for answer in asked]
    assert ids[0] == ids[1] != ids[2] == ids[3], "a key is known whatever the clock of the web that asks"
    for id in ids:
        job = jobs.get(rig.db, id)
        assert began <= job.created_at <= database_time(rig.db)
        assert_succeeded_once(rig, job)
    for web in webs:
        until(partial(sees_an_idle_worker, web))


def sees_an_idle_worker(web: WebProcess) -> bool:
    return [row["state"] for row in web.http.get("/v1/workers").json()["results"]] == ["idle"]
