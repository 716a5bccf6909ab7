"""What is usual in a collection: percentiles of each figure of its works."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

STEPS = tuple(range(0, 101, 5))
#: Below this many works nothing is called usual.
FEW = 10


@dataclass(frozen=True, slots=True)
class Usual:
    """``points`` holds, for each figure, its percentiles 0, 5 ... 100 among ``count`` works."""

    count: int
    points: Mapping[str, tuple[float, ...]] = field(repr=False)

    def percentile(self, name: str, value: float) -> float | None:
        """The share of works, 0 to 100, whose figure is smaller than ``value`` (ties count half).

        None for a figure that is not known, and where there are fewer than ``FEW`` works.
        """
        points = self._points(name)
        if points is None:
            return None
        low, high = bisect_left(points, value), bisect_right(points, value)
        if low < high:
            # A run of equal percentiles: the value is as common as the run is long.
            return (STEPS[low] + STEPS[high - 1]) / 2
        if low in (0, len(points)):
            return 0.0 if low == 0 else 100.0
        below, above = points[low - 1], points[low]
        return STEPS[low - 1] + 5.0 * (value - below) / (above - below)

    def at(self, name: str, percent: float) -> float | None:
        """The figure's value at a percentile, 0 to 100; None as for ``percentile``."""
        points = self._points(name)
        return None if points is None else float(np.interp(percent, STEPS, points))

    def range(self, name: str) -> tuple[float, float] | None:
        """Between which values four works in five lie: percentiles 10 and 90; None as for ``percentile``."""
        points = self._points(name)
        return None if points is None else (points[STEPS.index(10)], points[STEPS.index(90)])

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``Usual.of`` reads them back."""
        return {"count": self.count, "points": {name: list(row) for name, row in self.points.items()}}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Usual:
        """What ``to_dict`` wrote. Raises ValueError for anything else."""
        try:
            count = int(data["count"])
            points = {str(name): tuple(float(v) for v in row) for name, row in data["points"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not the usual figures of a collection") from error
        for name, row in points.items():
            if len(row) != len(STEPS) or not all(map(isfinite, row)) or list(row) != sorted(row):
                raise ValueError(f"{name}: {len(STEPS)} rising finite percentiles are needed")
        return cls(count, points)

    def _points(self, name: str) -> tuple[float, ...] | None:
        return self.points.get(name) if self.count >= FEW else None


def usual_of(figures: Sequence[Mapping[str, float]]) -> Usual:
    """The percentiles of the figures of works, each among the works that have it."""
    names = sorted({name for row in figures for name in row})
    points = {
        name: tuple(float(v) for v in np.percentile([row[name] for row in figures if name in row], STEPS))
        for name in names
    }
    return Usual(len(figures), points)
