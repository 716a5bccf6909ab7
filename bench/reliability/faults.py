"""The faults, each as what is done, how long it lasts, and what undoes it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bench.reliability.system import System

#: How long a service stays away, in seconds.
OUTAGE_SECONDS = 3.0
#: The longest that a frozen child waits for somebody else to take its job.
FROZEN_SECONDS = 40.0
GARBAGE = (b"garbage", b"\xff\xfe", b"{}", b"[]", b'{"body": 1}')


@dataclass(frozen=True)
class Fault:
    """``inject`` begins it and gives what ends it; ``database`` is the one of our side."""

    name: str
    inject: Callable[[System, Sequence[str]], Callable[[], None]]
    jobs: int = 20
    database: str = "sqlite"
    ours_only: bool = False


def nothing() -> None:
    """The fault is over by itself."""


def after(seconds: float, heal: Callable[[], object]) -> Callable[[], None]:
    """What ends an outage: wait, then ``heal``."""

    def end() -> None:
        time.sleep(seconds)
        heal()

    return end


def hit(system: System, jobs: Sequence[str]) -> tuple[int, int]:
    """The child and the parent that work on one of ``jobs``. Raises TimeoutError when nobody does."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = system.holder(jobs)
        if found is not None:
            return found
        time.sleep(0.01)
    raise TimeoutError("no job is running")


def kill_child(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """kill -9 of the process that works."""
    os.kill(hit(system, jobs)[0], signal.SIGKILL)
    return nothing


def kill_parent(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """kill -9 of the worker's parent."""
    os.kill(hit(system, jobs)[1], signal.SIGKILL)
    return nothing


def terminate(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """SIGTERM to a worker."""
    os.kill(hit(system, jobs)[1], signal.SIGTERM)
    return nothing


def zombie(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """SIGSTOP of a child until its job has begun elsewhere, then SIGCONT."""
    child, _ = hit(system, jobs)
    system.freeze(child)

    def wake() -> None:
        deadline = time.monotonic() + FROZEN_SECONDS
        while time.monotonic() < deadline and not _begun_twice(system, jobs):
            system.tend()
            time.sleep(0.1)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGCONT)

    return wake


def _begun_twice(system: System, jobs: Sequence[str]) -> bool:
    tries = [execution.job for execution in system.executions() if execution.job in jobs]
    return len(tries) > len(set(tries))


def restart_bell(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """Redis is killed and comes back empty."""
    hit(system, jobs)
    system.bell.kill()
    return after(OUTAGE_SECONDS, system.bell.start)


def flush(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """Redis forgets everything."""
    hit(system, jobs)
    system.bell.client().flushall()
    return nothing


def hang_bell(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """Redis takes connections and answers nothing."""
    hit(system, jobs)
    system.bell.send(signal.SIGSTOP)
    return after(OUTAGE_SECONDS, lambda: system.bell.send(signal.SIGCONT))


def poison_message(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """Messages that are none."""
    hit(system, jobs)
    for garbage in GARBAGE:
        system.bell.client().lpush(system.lane, garbage)
    return nothing


def poison_job(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """A job that ends whoever works on it, among good ones."""
    system.submit(poison=True)
    return nothing


def duplicates(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """The message of one job comes a hundred times more."""
    system.publish_again(jobs[0], 100)
    return nothing


def crash_database(system: System, jobs: Sequence[str]) -> Callable[[], None]:
    """PostgreSQL dies and is started again."""
    hit(system, jobs)
    system.crash_database()
    return after(OUTAGE_SECONDS, system.restart_database)


FAULTS = (
    Fault("kill -9 of a child", kill_child),
    Fault("kill -9 of a parent", kill_parent),
    Fault("SIGTERM", terminate),
    Fault("zombie (SIGSTOP past the lease)", zombie),
    Fault("Redis killed, restarted empty", restart_bell),
    Fault("FLUSHALL", flush),
    Fault("Redis hung", hang_bell),
    Fault("poison message", poison_message),
    Fault("poison job", poison_job),
    Fault("100 duplicate messages", duplicates, jobs=1),
    Fault("PostgreSQL crash", crash_database, database="postgresql", ours_only=True),
)
