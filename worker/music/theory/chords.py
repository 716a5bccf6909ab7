"""Chords: their kinds, and how well each fits what sounds in a frame.

Templates after Pardo and Birmingham ("Algorithms for chordal analysis", Computer Music Journal 26, 2002): a
chord gains by what belongs to it, loses by what does not and by members that are missing. Passing and
neighbouring notes therefore cost little beside the notes around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from worker.music.theory.frames import Frames

Real = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quality:
    """A kind of chord: ``members`` in semitones above the root, what follows the root in a name, its cost.

    ``lower``: its roman numeral is written small. ``mark`` stands after the numeral. ``cost`` is what a rare
    kind must gain before a common one is given up.
    """

    suffix: str
    members: tuple[int, ...]
    lower: bool = False
    mark: str = ""
    cost: float = 0.0

    @property
    def seventh(self) -> bool:
        """Whether it has four notes."""
        return len(self.members) == 4


QUALITIES = (
    Quality("", (0, 4, 7)),
    Quality("m", (0, 3, 7), lower=True),
    Quality("dim", (0, 3, 6), lower=True, mark="o", cost=0.02),
    Quality("aug", (0, 4, 8), mark="+", cost=0.12),
    Quality("7", (0, 4, 7, 10), cost=0.03),
    Quality("maj7", (0, 4, 7, 11), cost=0.08),
    Quality("m7", (0, 3, 7, 10), lower=True, cost=0.05),
    Quality("m7♭5", (0, 3, 6, 10), lower=True, mark="ø", cost=0.05),
    Quality("dim7", (0, 3, 6, 9), lower=True, mark="o", cost=0.05),
    Quality("sus4", (0, 5, 7), cost=0.15),
)
MAJ, MIN, DIM, AUG, DOM7, MAJ7, MIN7, HALF7, DIM7, SUS4 = range(len(QUALITIES))

#: What a note outside the chord costs, beside one inside it that gains 1.
OUTSIDE = 1.0
#: What a chord loses without its root, third, fifth, seventh.
MISSING = (0.3, 0.16, 0.04, 0.37)
#: What it gains when the bass has its root, third, fifth, seventh; and loses when the bass has none.
BASS = (0.12, 0.05, 0.01, 0.02)
FOREIGN_BASS = -0.05


def place(root: int, quality: int) -> int:
    """The place of a chord in arrays of 12 roots x qualities."""
    return root % 12 * len(QUALITIES) + quality


def chord_at(index: int) -> tuple[int, int]:
    """The root and the quality of a place."""
    return index // len(QUALITIES), index % len(QUALITIES)


def fits(frames: Frames) -> Real:
    """How well each chord fits each frame, (S, 12 roots x qualities): 1 is perfect; 0 in a rest."""
    total = frames.weights.sum(axis=1, keepdims=True)
    return fit_of(frames.weights, np.where(total[:, 0] > 0, frames.bass, -1))


def fit_of(weights: Real, bass: npt.NDArray[np.int64]) -> Real:
    """How well each chord fits pitch-class weights (S, 12) over a bass pitch (S,), -1 where none is."""
    total = weights.sum(axis=1, keepdims=True)
    share = weights / np.maximum(total, 1e-9)
    inside, missing, basses, cost = _tables()
    absent = 1.0 - np.minimum(1.0, share / 0.08)
    found = (1.0 + OUTSIDE) * (share @ inside) - OUTSIDE - absent @ missing - cost
    found += np.where(bass[:, None] >= 0, basses[bass % 12], 0.0)
    return np.asarray(np.where(total > 0, found, 0.0))


@cache
def _tables() -> tuple[Real, Real, Real, Real]:
    """Pitch class x chord: belongs (12, C), cost of missing (12, C), gain in the bass (12, C); cost (C,)."""
    size = 12 * len(QUALITIES)
    inside, missing = np.zeros((12, size)), np.zeros((12, size))
    basses, cost = np.full((12, size), FOREIGN_BASS), np.zeros(size)
    for root in range(12):
        for kind, quality in enumerate(QUALITIES):
            at = place(root, kind)
            cost[at] = quality.cost
            for member, interval in enumerate(quality.members):
                tone = (root + interval) % 12
                inside[tone, at] = 1.0
                missing[tone, at] = MISSING[member]
                basses[tone, at] = BASS[member]
    return inside, missing, basses, cost
