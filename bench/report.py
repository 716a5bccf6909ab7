"""How a bench says what it measured: machine and date, a table, and whether every bound is kept."""

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value; ``bound`` is the most (or, with ``at_least``, the least) that is promised."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the value is within its bound."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self) -> str:
        """The figure as a row of a Markdown table."""
        promise, verdict = "", ""
        if self.bound is not None:
            promise = f"{'>=' if self.at_least else '<='} {self.bound:.4g} {self.unit}"
            verdict = "kept" if self.kept else "**missed**"
        return f"| {self.name} | {self.value:.4g} {self.unit} | {promise} | {verdict} |"


def finish(title: str, figures: Sequence[Figure], notes: Sequence[str] = ()) -> None:
    """Print everything as Markdown and leave: exit code 0 when every bound is kept, else 1."""
    print(f"\n### {title}\n\n{machine()}\n")
    print("| figure | measured | bound | |\n|---|---|---|---|")
    for figure in figures:
        print(figure.row())
    for note in notes:
        print(f"\n{note}")
    sys.exit(0 if all(figure.kept for figure in figures) else 1)


def machine() -> str:
    """Where and when: date, processor, cores, load, versions."""
    versions = f"Python {platform.python_version()}, torch {_version('torch')}"
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return f"{moment}; {processor()}, {os.cpu_count()} cores, load {load:.1f}; {versions}."


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return float(statistics.median(values))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of ``values`` lie."""
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"
