"""Processes that die or stand still: workers, their children, the web."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from bench.reliability.faults.fault import Fault, Inject, hit, nothing, wait_until
from bench.reliability.system import System

#: The longest that a frozen child waits for somebody else to take its job.
FROZEN_SECONDS = 40.0
#: The longest until a child comes to a step that every job has; then there are some more jobs.
CRASH_SECONDS, CRASH_JOBS, CRASH_TRIES = 5.0, 4, 12
POINTS = ("after_claim", "after_rename", "before_commit", "after_commit")


def kill_child(system: System, jobs: list[str]) -> Callable[[], None]:
    """kill -9 of the process that works."""
    os.kill(hit(system, jobs)[0], signal.SIGKILL)
    return nothing


def kill_parent(system: System, jobs: list[str]) -> Callable[[], None]:
    """kill -9 of the worker's parent."""
    os.kill(hit(system, jobs)[1], signal.SIGKILL)
    return nothing


def terminate(system: System, jobs: list[str]) -> Callable[[], None]:
    """SIGTERM to a worker."""
    os.kill(hit(system, jobs)[1], signal.SIGTERM)
    return nothing


def zombie(system: System, jobs: list[str]) -> Callable[[], None]:
    """SIGSTOP of a child until its job has begun elsewhere, then SIGCONT."""
    child, _ = hit(system, jobs)
    system.freeze(child)

    def wake() -> None:
        wait_until(lambda: begun_twice(system, jobs), system, FROZEN_SECONDS)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGCONT)

    return wake


def begun_twice(system: System, jobs: list[str]) -> bool:
    """Whether somebody has begun a job that somebody else had begun before."""
    tries = [execution.job for execution in system.executions() if execution.job in jobs]
    return len(tries) > len(set(tries))


def crash(point: str) -> Inject:
    """A child ends itself where it comes to ``point`` next."""

    def inject(system: System, jobs: list[str]) -> Callable[[], None]:
        system.crash_at(point)
        for _ in range(CRASH_TRIES):
            if wait_until(lambda: not system.crash_is_due(), system, CRASH_SECONDS):
                return nothing
            # What was there is done, by the other worker; this one shall have something to come by with.
            jobs += [system.submit() for _ in range(CRASH_JOBS)]
        raise TimeoutError(f"no child came to {point}")

    return inject


def kill_web(system: System, jobs: list[str]) -> Callable[[], None]:
    """The process that serves a request is killed after it accepted it; the client asks again."""
    jobs.append(system.request())
    return nothing


FAULTS = (
    Fault("kill -9 of a child", kill_child),
    Fault("kill -9 of a parent", kill_parent),
    Fault("SIGTERM", terminate),
    Fault("zombie (SIGSTOP past the lease)", zombie),
    *(Fault(f"crash {point.replace('_', ' ')}", crash(point)) for point in POINTS),
    Fault("web killed after it accepted", kill_web),
)
