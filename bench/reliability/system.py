"""What a fault is done to: the same few questions for Atelier and for stock Celery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.bell import BellServer

#: How long one job works, in seconds.
WORK_SECONDS = 0.25
#: After so long a held job counts as abandoned: our lease, and the visibility timeout of the other side.
LEASE_SECONDS = 4.0
#: Workers of each side; each has one child.
WORKERS = ("a", "b")


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

    def submit(self, *, poison: bool = False) -> str:
        """Queue one job, as a web request would, and give its id. Raises what a refused request sees."""
        ...

    def holder(self, jobs: Sequence[str]) -> tuple[int, int] | None:
        """The process ids of a child that works on one of ``jobs`` now and of its parent."""
        ...

    def freeze(self, child: int) -> None:
        """SIGSTOP a child that is not in the middle of a write."""
        ...

    def publish_again(self, job: str, times: int) -> None:
        """Send the message of a job ``times`` more."""
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

    def crash_database(self) -> None:
        """Kill the database."""
        ...

    def restart_database(self) -> None:
        """Start the database again."""
        ...

    def wait_ready(self) -> None:
        """Wait until every worker takes work."""
        ...

    def close(self) -> None:
        """Stop everything."""
        ...


def stale_writes(executions: Sequence[Execution]) -> int:
    """Results accepted from a try after a later try at the same job had begun."""
    tries: dict[str, list[Execution]] = {}
    for execution in executions:
        tries.setdefault(execution.job, []).append(execution)
    return sum(
        one.recorded is not None and any(one.began < other.began < one.recorded for other in same)
        for same in tries.values()
        for one in same
    )


class Missing(RuntimeError):
    """This side has nothing to do the fault to."""


def fresh(folder: Path, name: str) -> Path:
    """A new folder for one row of one side."""
    path = folder / name
    path.mkdir(parents=True)
    return path
