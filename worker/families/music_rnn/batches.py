"""What a step of a training sees: crops of pieces, transposed, with the clock sometimes silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from worker.music.score import Key

from .layout import Layout
from .plan import Plan

#: A network that is to compose in any key, and of a length that nobody named, must have learned without.
UNTOLD_KEY = 0.3
UNTOLD_LENGTH = 0.2


@dataclass(frozen=True)
class Piece:
    """A piece of a data set: int64 codes (T, slots) and what is known of it."""

    name: str
    codes: Tensor
    plan: Plan


@dataclass(frozen=True)
class Batch:
    """(batch, T, fields), (batch, T, clock), (batch, T, slots), and 1.0 where there is music (batch, T)."""

    fields: Tensor
    clock: Tensor
    codes: Tensor
    mask: Tensor

    def to(self, device: str) -> Batch:
        """The same on ``device``."""
        return Batch(*(tensor.to(device) for tensor in vars(self).values()))


class Batches:
    """Draws the batch of any step; nothing but the seed and the step decides it, so nothing is to be stored.

    A piece comes as often as it is long; ``evenly``: each as often as any other.
    """

    def __init__(
        self,
        layout: Layout,
        pieces: Sequence[Piece],
        *,
        batch: int,
        crop: int,
        transpose: int,
        seed: int,
        evenly: bool = False,
    ) -> None:
        self.layout, self.pieces = layout, pieces
        self.batch, self.crop, self.transpose, self.seed = batch, crop, transpose, seed
        lengths = np.array([1 if evenly else len(piece.codes) for piece in pieces], dtype=np.float64)
        self._shares = lengths / lengths.sum()

    def draw(self, step: int) -> Batch:
        """The batch of ``step``."""
        source = np.random.default_rng((self.seed, step))
        chosen = source.choice(len(self.pieces), self.batch, p=self._shares)
        return stack([self._crop(self.pieces[place], source) for place in chosen])

    def _crop(self, piece: Piece, source: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        low, high = self.layout.room(piece.codes)
        moved = int(source.integers(max(low, -self.transpose), min(high, self.transpose) + 1))
        codes = self.layout.transposed(piece.codes, moved)
        plan = _untold(_moved(piece.plan, moved), source)
        start = int(source.integers(0, max(0, len(codes) - self.crop) + 1))
        part = slice(start, start + self.crop)
        return self.layout.read(codes)[part], self.layout.tell(codes, plan)[part], codes[part]


def stack(parts: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Batch:
    """Sequences of fields, clock and codes as one batch, filled up with zeros."""
    longest = max(len(codes) for _, _, codes in parts)
    fields, clock, codes = (
        torch.stack([_filled(x, longest) for x in kind]) for kind in zip(*parts, strict=True)
    )
    mask = torch.stack([_filled(torch.ones(len(one)), longest) for _, _, one in parts])
    return Batch(fields, clock, codes, mask)


def whole(layout: Layout, piece: Piece) -> Batch:
    """A whole piece as it is, a batch of one."""
    return stack([(layout.read(piece.codes), layout.tell(piece.codes, piece.plan), piece.codes)])


def _filled(x: Tensor, length: int) -> Tensor:
    padding = x.new_zeros((length - len(x), *x.shape[1:]))
    return torch.cat([x, padding])


def _moved(plan: Plan, semitones: int) -> Plan:
    if plan.key is None:
        return plan
    return replace(plan, key=Key((plan.key.tonic + semitones) % 12, plan.key.mode))


def _untold(plan: Plan, source: np.random.Generator) -> Plan:
    chances = source.random(2)
    key = None if chances[0] < UNTOLD_KEY else plan.key
    return replace(plan, key=key, length=0 if chances[1] < UNTOLD_LENGTH else plan.length)
