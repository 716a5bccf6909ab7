"""Means of what the steps report, since the last time anyone asked."""

from __future__ import annotations

from torch import Tensor


class Tally:
    """Sums on the device; only ``take`` waits for it."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._last: dict[str, float | str] = {}
        self._steps = 0
        self._images = 0
        self._seconds = 0.0

    def add(self, figures: dict[str, Tensor], images: int, seconds: float) -> None:
        """Count one step."""
        for name, value in figures.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value.clone()
        self._steps, self._images = self._steps + 1, self._images + images
        self._seconds += seconds

    def take(self) -> dict[str, float | str]:
        """Means and images a second since the last call; the last ones again if no step was made since."""
        if self._steps:
            self._last = {name: float(value) / self._steps for name, value in self._sums.items()}
            self._last["images_per_second"] = round(self._images / max(self._seconds, 1e-9), 2)
            self._sums, self._steps, self._images, self._seconds = {}, 0, 0, 0.0
        return dict(self._last)
