"""Jobs that do harm, jobs that stand still, and jobs that several want to end at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil

from bench.reliability.faults.fault import (
    OUTAGE_SECONDS,
    Fault,
    after,
    hit,
    nothing,
    ours,
    wait_until,
)
from bench.reliability.stock_celery import StockCelery
from bench.reliability.system import LEASE_SECONDS, ROOM_MB, System

ROOT = Path(__file__).parents[3]
#: Good jobs before and behind a bad one.
AROUND = 6
#: The longest that a bad job may take to end.
BAD_SECONDS = 60.0
RESCUERS = 4
CANCELERS = 4
#: Cancels come over about as long as the jobs take.
CANCEL_SECONDS = 2.5
ONE_MAY = "what a dead worker left is restored by either worker of stock Celery, in every row"


def bad_job(system: System, jobs: list[str], trouble: str) -> str:
    """A bad job in the middle of good ones."""
    bad = system.submit(trouble)
    jobs += [system.submit() for _ in range(AROUND)]
    return bad


def poison_job(system: System, jobs: list[str]) -> Callable[[], None]:
    """A job that ends whoever works on it, among good ones."""
    system.submit("exit")
    return nothing


def out_of_memory(system: System, jobs: list[str]) -> Callable[[], None]:
    """The children get little memory (RLIMIT_AS), and a job wants more."""
    hit(system, jobs)
    children = system.children()
    for child in children:
        _limit(child, ROOM_MB << 20)
    greedy = bad_job(system, jobs, "memory")

    def heal() -> None:
        wait_until(lambda: greedy in system.failed([greedy]), system, BAD_SECONDS)
        for child in children:
            _limit(child, None)

    return heal


def _limit(child: int, room: int | None) -> None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(child)
        hard = process.rlimit(psutil.RLIMIT_AS)[1]
        soft = hard if room is None else process.memory_info().vms + room
        process.rlimit(psutil.RLIMIT_AS, (soft, hard))


def broken_device(system: System, jobs: list[str]) -> Callable[[], None]:
    """A job after which nothing computes in its process; somebody restarts what does not notice."""
    hit(system, jobs)
    bad_job(system, jobs, "device")
    return after(OUTAGE_SECONDS, system.restart) if isinstance(system, StockCelery) else nothing


def stalled(system: System, jobs: list[str]) -> Callable[[], None]:
    """A job that stands still while its process lives."""
    hit(system, jobs)
    bad_job(system, jobs, "stall")
    return nothing


def two_rescuers(system: System, jobs: list[str]) -> Callable[[], None]:
    """A child is killed, and four more processes rescue what it held as often as they can."""
    child, _ = hit(system, jobs)
    command = [
        *(sys.executable, "-m", "bench.reliability.rescuer"),
        *(ours(system).ground.settings.database_url, str(LEASE_SECONDS * 2)),
    ]
    rescuers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(RESCUERS)]
    for rescuer in rescuers:
        assert rescuer.stdout is not None and rescuer.stdout.readline()
    os.kill(child, signal.SIGKILL)

    def wait() -> None:
        codes = [(rescuer.communicate(), rescuer.returncode)[1] for rescuer in rescuers]
        if any(codes):
            raise RuntimeError(f"the rescuers ended with {codes}")

    return wait


def cancels(system: System, jobs: list[str]) -> Callable[[], None]:
    """Owners cancel half of the jobs while the workers finish them."""
    hit(system, jobs)

    def race() -> None:
        chosen = random.Random(len(system.canceled)).sample(jobs, len(jobs) // 2)

        def cancel(job: str) -> None:
            time.sleep(random.uniform(0, CANCEL_SECONDS * CANCELERS / len(chosen)))
            system.cancel(job)

        with ThreadPoolExecutor(CANCELERS) as pool:
            list(pool.map(cancel, chosen))

    return race


FAULTS = (
    Fault("poison job", poison_job),
    Fault("child out of memory", out_of_memory, jobs=AROUND),
    Fault("broken device (sticky error)", broken_device, jobs=AROUND),
    Fault("stalled job", stalled, jobs=AROUND),
    Fault("many rescuers at once", two_rescuers, not_celery=ONE_MAY),
    Fault("cancel races", cancels),
)
