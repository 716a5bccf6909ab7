"""A machine whose network is cut, and machines whose clocks are wrong."""

from __future__ import annotations

from collections.abc import Callable

from bench.reliability.faults.fault import Fault, hit, nothing, wait_until
from bench.reliability.faults.processes import FROZEN_SECONDS, begun_twice
from bench.reliability.system import Setting, System

HOUR = 3600.0
#: So many that either worker is at work when it begins.
JOBS = 20


def partition(system: System, jobs: list[str]) -> Callable[[], None]:
    """The first worker's cable is cut until one of its jobs has begun elsewhere."""
    hit(system, jobs)
    system.cable().cut()

    def heal() -> None:
        wait_until(lambda: begun_twice(system, jobs), system, FROZEN_SECONDS)
        system.cable().heal()

    return heal


def wrong_clocks(system: System, jobs: list[str]) -> Callable[[], None]:
    """The clocks are wrong from the start: an hour fast for one worker, an hour slow for the other."""
    hit(system, jobs)
    return nothing


FAULTS = (
    Fault("partition (link down past the lease)", partition, JOBS, Setting("postgresql", far=True)),
    Fault("clocks +1 h and -1 h", wrong_clocks, JOBS, Setting("postgresql", clocks=(HOUR, -HOUR))),
)
