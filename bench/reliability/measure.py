"""One fault done to one side some times over, and what came of it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from bench.reliability.faults.fault import Fault, hit
from bench.reliability.system import System, stale_writes
from bench.report import median
from shared.errors import Unavailable

#: Jobs that are submitted while the fault lasts.
DURING = 5
#: What has not ended after so long is lost.
PATIENCE_SECONDS = 60.0
#: A request that is not answered within this time is as good as refused.
SUBMIT_SECONDS = 60.0


@dataclass
class Row:
    """What is told of one fault on one side."""

    fault: str
    system: str
    trials: int = 0
    accepted: int = 0
    refused: int = 0
    lost: int = 0
    told: int = 0
    duplicates: int = 0
    stale: int = 0
    recoveries: list[float] = field(default_factory=list)
    longest_submit: float = 0.0
    #: Why the fault was not done; empty when it was.
    missing: str = ""

    @property
    def exact(self) -> bool:
        """Whether every accepted job had exactly one effect."""
        return self.lost == self.duplicates == self.stale == 0

    def cells(self) -> str:
        """The row of a Markdown table."""
        if self.missing:
            return f"| {self.fault} | {self.system} |{' - |' * (len(COLUMNS) - 2)}"
        lost = f"{self.lost} ({self.told} told)" if self.told else str(self.lost)
        times = (
            [f"{median(self.recoveries):.1f}", f"{max(self.recoveries):.1f}"]
            if self.recoveries
            else ["-"] * 2
        )
        figures = [self.trials, self.accepted, self.refused, lost, self.duplicates, self.stale, *times]
        shown = " | ".join(map(str, figures))
        return f"| {self.fault} | {self.system} | {shown} | {self.longest_submit:.2f} |"


COLUMNS = (
    *("fault", "system", "trials", "accepted", "refused", "lost", "duplicate effects"),
    *("stale writes accepted", "recovery, median s", "recovery, max s", "longest submit, s"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


class Requests:
    """Jobs submitted while the fault lasts, in a thread of their own: one may hang."""

    def __init__(self, system: System) -> None:
        self.accepted: list[str] = []
        self.refused = 0
        self.longest = 0.0
        self._system = system
        self._thread = threading.Thread(target=self._submit, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for the answers; what does not come counts as refused."""
        self._thread.join(SUBMIT_SECONDS)
        if self._thread.is_alive():
            self.longest = SUBMIT_SECONDS
            self.refused = DURING - len(self.accepted)

    def _submit(self) -> None:
        for _ in range(DURING):
            began = time.monotonic()
            try:
                self.accepted.append(self._system.submit())
            except Exception:  # whatever a client is told instead of "accepted"
                self.refused += 1
            self.longest = max(self.longest, time.monotonic() - began)


def measure(fault: Fault, system: System, trials: int) -> Row:
    """Do it ``trials`` times, one after the other, to the same system."""
    row = Row(fault.name, system.name)
    accepted: set[str] = set()
    system.wait_ready()
    for _ in range(trials):
        jobs = [system.submit() for _ in range(fault.jobs)]
        try:
            hit(system, jobs)
        except TimeoutError:
            if row.trials == 0:
                raise
            # It has not recovered from the trial before: the row tells of those that were done.
            break
        began = time.time()
        heal = fault.inject(system, jobs)
        requests = Requests(system)
        heal()
        requests.join()
        jobs += requests.accepted
        row.refused += requests.refused
        row.longest_submit = max(row.longest_submit, requests.longest)
        _wait(system, jobs)
        ends = [e.recorded for e in system.executions() if e.job in jobs and e.recorded is not None]
        row.recoveries += [max(ends) - began] if ends else []
        row.trials += 1
        row.told += len(system.failed(jobs))
        accepted |= set(jobs)
        system.wait_ready()
    effects = system.effects()
    row.accepted = len(accepted)
    row.lost = sum(effects[job] == 0 for job in accepted - system.canceled.keys())
    row.duplicates = sum(max(0, effects[job] - 1) for job in accepted)
    row.stale = stale_writes([e for e in system.executions() if e.job in accepted], system.canceled)
    return row


def _wait(system: System, jobs: list[str]) -> None:
    """Until every job has an effect, or what has none will have none."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        system.tend()
        with suppress(Unavailable):
            if _is_over(system, jobs):
                return
        time.sleep(0.1)


def _is_over(system: System, jobs: list[str]) -> bool:
    effects = system.effects()
    missing = {job for job in jobs if effects[job] == 0} - system.canceled.keys()
    if not (missing <= system.failed(jobs) or system.given_up()):
        return False
    # A job whose cancel was accepted may still be at work, and must not come to a result.
    return system.holder([job for job in jobs if job in system.canceled]) is None
