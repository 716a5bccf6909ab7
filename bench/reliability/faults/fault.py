"""What a fault is: what is done, how long it lasts, and what undoes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.reliability.atelier import Atelier
from bench.reliability.system import Missing, Setting, System

#: How long a service stays away, in seconds.
OUTAGE_SECONDS = 3.0

#: Begins the fault and gives what ends it; jobs that it submits and that count are added to the list.
Inject = Callable[[System, list[str]], Callable[[], None]]


@dataclass(frozen=True)
class Fault:
    """``inject`` does it; ``not_celery`` says why it means nothing to stock Celery."""

    name: str
    inject: Inject
    jobs: int = 12
    setting: Setting = field(default_factory=Setting)
    not_celery: str = ""


def ours(system: System) -> Atelier:
    """The system as ours. Raises Missing when it is the other."""
    if not isinstance(system, Atelier):
        raise Missing("there is nothing of the kind")
    return system


def nothing() -> None:
    """The fault is over by itself."""


def after(seconds: float, heal: Callable[[], object]) -> Callable[[], None]:
    """What ends an outage: wait, then ``heal``."""

    def end() -> None:
        time.sleep(seconds)
        heal()

    return end


def hit(system: System, jobs: list[str]) -> tuple[int, int]:
    """The child and the parent that work on one of ``jobs``. Raises TimeoutError when nobody does."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = system.holder(jobs)
        if found is not None:
            return found
        time.sleep(0.01)
    raise TimeoutError("no job is running")


def wait_until(condition: Callable[[], object], system: System, seconds: float) -> bool:
    """Tend the workers until ``condition`` holds; tells whether it came to that in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        system.tend()
        time.sleep(0.05)
    return True
