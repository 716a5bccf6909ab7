"""Resident memory and open files of the processes that nothing is done to, from time to time."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import psutil

#: What comes before is warm-up: caches fill, connections are opened. A share of the whole time.
WARM_UP = 1 / 3
#: First and last are told as the median of so many samples.
EDGE = 10


@dataclass
class Series:
    """One process: seconds since the begin, resident megabytes, open files."""

    pid: int
    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def warm(self, total: float) -> Series:
        """Without the warm-up."""
        first = sum(moment < WARM_UP * total for moment in self.seconds)
        return Series(self.pid, self.seconds[first:], self.megabytes[first:], self.files[first:])

    @property
    def slope(self) -> float:
        """Megabytes an hour: the median of the slopes between any two samples (Theil and Sen)."""
        points = list(zip(self.seconds, self.megabytes, strict=True))
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2)]
        return statistics.median(slopes) * 3600 if slopes else 0.0

    @property
    def edges(self) -> tuple[float, float]:
        """Open files at the begin and at the end."""
        return statistics.median(self.files[:EDGE]), statistics.median(self.files[-EDGE:])


class Samples:
    """What was seen of each process; one that was replaced begins anew and is counted."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.replaced = 0

    def take(self, processes: Mapping[str, int], moment: float) -> None:
        """Look at each once."""
        for name, pid in processes.items():
            known = self.series.get(name)
            if known is None or known.pid != pid:
                self.replaced += known is not None
                known = self.series[name] = Series(pid)
            try:
                process = psutil.Process(pid)
                rss, files = process.memory_info().rss, process.num_fds()
            except psutil.NoSuchProcess:
                continue
            known.seconds.append(moment)
            known.megabytes.append(rss / 1e6)
            known.files.append(files)
