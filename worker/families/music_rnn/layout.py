"""What a network reads and writes at one step: the part of a representation that decides its shape.

A step writes ``slots`` in order, each one conditioned on those before it in the same step. Before the step
the network reads ``fields`` (what has sounded) and ``clock`` (what is known of the step itself). All are
small whole numbers; those that name a pitch share one embedding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from .plan import Plan


@dataclass(frozen=True)
class Slot:
    """One thing written at a step. ``size`` counts its codes; the last ``pitches`` of them name pitches,
    the lowest first; 0 when the slot names none.
    """

    name: str
    size: int
    pitches: int = 0


@dataclass(frozen=True)
class Field:
    """One thing read before a step: a number below ``size``, embedded in ``width`` numbers by ``table``."""

    table: str
    size: int
    width: int


#: Semitones up and down that two pitches may lie apart and still be told by the distance.
REACH = 36
DISTANCES = 2 * REACH + 2
#: How a distance between two pitches is embedded.
DISTANCE = Field("distance", DISTANCES, 16)


class Layout(Protocol):
    """A representation as its network sees it. Pitch references are 0 for none, else 1 + place in range."""

    @property
    def slots(self) -> Sequence[Slot]:
        """What is written at a step, in order."""
        ...

    @property
    def fields(self) -> Sequence[Field]:
        """What is read of the past."""
        ...

    @property
    def clock(self) -> Sequence[Field]:
        """What is read of the step itself."""
        ...

    @property
    def pitch(self) -> Field:
        """How a pitch that is referred to is embedded."""
        ...

    @property
    def most_references(self) -> int:
        """How many references ``references`` gives at most."""
        ...

    def read(self, codes: Tensor) -> Tensor:
        """What is read before each step of ``codes`` (..., T, slots): (..., T, fields)."""
        ...

    def tell(self, codes: Tensor, plan: Plan) -> Tensor:
        """What the clock shows before each step of ``codes`` (T, slots): (T, clock)."""
        ...

    def transposed(self, codes: Tensor, semitones: int) -> Tensor:
        """The same piece that much higher."""
        ...

    def room(self, codes: Tensor) -> tuple[int, int]:
        """How many semitones a piece can be moved down (at most 0) and up without leaving the range."""
        ...

    def references(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """Pitches that ``slot`` is likely to move from or to stand to, (...) each.

        ``fields`` (..., fields) is what was read; of ``codes`` (..., slots) only earlier slots count.
        """
        ...

    def relations(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """Distances (...) that tell ``slot`` how it would move against the rest, as ``distance`` gives them.

        As in ``references``, of ``codes`` only earlier slots count.
        """
        ...

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``layout_of`` takes back."""
        ...


def distance(pitch: Tensor, other: Tensor) -> Tensor:
    """How far a pitch lies above another: 0 to 2 REACH; the last code when one of them is silent."""
    apart = (pitch - other).clamp(-REACH, REACH) + REACH
    return torch.where((pitch > 0) & (other > 0), apart, DISTANCES - 1)


def bounded(data: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """An integer of a stored description. Raises ValueError when it is missing or out of its bounds."""
    value = data.get(name)
    if not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}, not {low} to {high}")
    return value
