"""Where a figure stands among the works of an index: exact shares, so that sentences from them are true."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from worker.advice.usual import FEW

from .index import Index
from .traits import Real


@dataclass(frozen=True)
class Standing:
    """``below`` and ``above``: the shares of the works whose figure is smaller, and larger, 0 to 1."""

    below: float
    above: float


class Ranks:
    """The figures of an index in order."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @cached_property
    def _columns(self) -> dict[str, Real]:
        ordered = np.sort(self._index.figures, axis=0)
        return {name: ordered[:, place] for place, name in enumerate(self._index.names)}

    def of(self, name: str, value: float) -> Standing | None:
        """Where a value stands; None for a figure that is not known, and among too few works to tell."""
        column = self._columns.get(name)
        if column is None or len(column) < FEW:
            return None
        exact = np.float32(value)
        below = int(np.searchsorted(column, exact, side="left"))
        above = len(column) - int(np.searchsorted(column, exact, side="right"))
        return Standing(below / len(column), above / len(column))
