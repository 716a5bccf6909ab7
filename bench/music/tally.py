"""Nats per frame in the two ways of counting that published tables use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Tally:
    """Sums over the frames of all pieces: no mean of means. ``first`` is the part of each piece's frame 1."""

    nll: float
    first: float
    frames: int
    pieces: int

    @property
    def all(self) -> float:
        """Nats per frame, frames 1 to T: the first is told from nothing."""
        return self.nll / self.frames

    @property
    def later(self) -> float:
        """Nats per frame, frames 2 to T: the first is given."""
        return (self.nll - self.first) / (self.frames - self.pieces)

    @staticmethod
    def of(pieces: Iterable[Tensor]) -> Tally:
        """From the NLL of every frame of each piece, (T,) each."""
        nll, first, frames, count = 0.0, 0.0, 0, 0
        for piece in pieces:
            nll, first = nll + float(piece.double().sum()), first + float(piece[0])
            frames, count = frames + len(piece), count + 1
        return Tally(nll, first, frames, count)
