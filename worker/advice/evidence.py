"""The figure that a sentence stands on, with what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.advice.catalogue import Figure
from worker.advice.usual import Usual


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure as it is shown: ``value`` and ``usual`` (percentiles 10 and 90 of a collection) in ``unit``.

    ``percentile`` (0 to 100) is the share of the collection that lies below; None without a collection.
    """

    figure: str
    title: str
    value: float
    unit: str
    percentile: float | None = None
    usual: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "figure": self.figure,
            "title": self.title,
            "value": self.value,
            "unit": self.unit,
            "percentile": self.percentile,
            "usual": None if self.usual is None else list(self.usual),
        }


def evidence_of(figure: Figure, value: float, usual: Usual | None = None) -> Evidence:
    """The evidence that ``value`` of ``figure`` is."""
    percentile = None if usual is None else usual.percentile(figure.name, value)
    spread = None if usual is None else usual.range(figure.name)
    return Evidence(
        figure.name,
        figure.title,
        figure.shown(value),
        figure.unit,
        None if percentile is None else round(percentile, 1),
        None if spread is None else (figure.shown(spread[0]), figure.shown(spread[1])),
    )
