"""What a fault is done to: the same few questions for Atelier and for stock Celery."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.bell import BellServer
from tests.support.cable import Cable

#: How long one job works, in seconds.
WORK_SECONDS = 0.25
#: After so long a held job counts as abandoned: our lease, and the visibility timeout of the other side.
LEASE_SECONDS = 4.0
#: Workers of each side; each has one child.
WORKERS = ("a", "b")
#: What a job can do to its worker: end it, ask for more memory than there is, break the device, stand still.
TROUBLES = ("exit", "memory", "device", "stall")
#: How long a job stands still that does.
STALL_SECONDS = 10.0
#: What a child may take beyond what it has when memory is short, and what a greedy job asks for.
ROOM_MB = 700
GREED_MB = 1200


@dataclass(frozen=True)
class Setting:
    """What a fault needs around the workers.

    ``database`` and ``small_disk`` ("store" or "database" lies on one) are for our side. ``far``: the first
    worker stands behind a cable. ``clocks``: by how many seconds the clock of each worker is off.
    """

    database: str = "sqlite"
    small_disk: str = ""
    far: bool = False
    clocks: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Execution:
    """One try at a job; ``recorded`` is when its result was accepted, if it was. Seconds since 1970."""

    job: str
    began: float
    recorded: float | None


class System(Protocol):
    """A bell, two workers, and jobs that leave one mark each at their end."""

    name: str
    bell: BellServer
    lane: str
    #: Jobs whose cancel was accepted, and from when on a result of theirs would be wrong.
    canceled: dict[str, float]

    def submit(self, trouble: str = "") -> str:
        """Queue one job, as a web request would, and give its id. Raises what a refused request sees."""
        ...

    def holder(self, jobs: Sequence[str]) -> tuple[int, int] | None:
        """The process ids of a child that works on one of ``jobs`` now and of its parent."""
        ...

    def children(self) -> list[int]:
        """The process ids of the workers' children."""
        ...

    def freeze(self, child: int) -> None:
        """SIGSTOP a child that is not in the middle of a write."""
        ...

    def publish_again(self, job: str, times: int) -> None:
        """Send the message of a job ``times`` more."""
        ...

    def crash_at(self, point: str) -> None:
        """Let a child end itself when it next comes to ``point``. Raises Missing when there is none such."""
        ...

    def crash_is_due(self) -> bool:
        """Whether the child has not come there yet."""
        ...

    def request(self) -> str:
        """Ask the web for a job; its process is killed between accepting and answering, so ask again."""
        ...

    def cancel(self, job: str) -> None:
        """Ask to cancel; what is accepted stands in ``canceled``."""
        ...

    def cable(self) -> Cable:
        """What the first worker hangs on. Raises Missing."""
        ...

    def executions(self) -> list[Execution]:
        """Every try so far."""
        ...

    def effects(self) -> Counter[str]:
        """How many accepted results each job has."""
        ...

    def failed(self, jobs: Sequence[str]) -> set[str]:
        """Those of ``jobs`` whose client is told that they failed."""
        ...

    def given_up(self) -> bool:
        """Whether nothing is left that could still bring about what is missing."""
        ...

    def tend(self) -> None:
        """Start a worker again whose parent has ended, as any supervisor does."""
        ...

    def wait_ready(self) -> None:
        """Wait until every worker takes work."""
        ...

    def close(self) -> None:
        """Stop everything."""
        ...


def stale_writes(executions: Sequence[Execution], canceled: Mapping[str, float]) -> int:
    """Results accepted from a try after a later one at the same job had begun, or after its cancel was."""
    tries: dict[str, list[Execution]] = {}
    for execution in executions:
        tries.setdefault(execution.job, []).append(execution)
    return sum(
        one.recorded is not None
        and (
            any(one.began < other.began < one.recorded for other in same)
            or one.recorded > canceled.get(one.job, math.inf)
        )
        for same in tries.values()
        for one in same
    )


class Missing(RuntimeError):
    """The fault cannot be done to this side, or not on this machine; the message says why."""


def clock_environment(offset: float) -> dict[str, str]:
    """What makes a Python process read a clock that is off by ``offset`` seconds; nothing for none."""
    if not offset:
        return {}
    return {"PYTHONPATH": str(Path(__file__).parent / "clock"), "BENCH_CLOCK_OFFSET": str(offset)}


def fresh(folder: Path, name: str) -> Path:
    """A new folder for one row of one side."""
    path = folder / name
    path.mkdir(parents=True)
    return path
