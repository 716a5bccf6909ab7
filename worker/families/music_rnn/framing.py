"""How a composition begins and ends in a key: on a chord of its keynote, and over the keynote in the bass.

A network that was shown every piece in twelve keys has little reason to heed the name of one: a single step
of hundreds tells more by its notes. So the first chord is given, and the last bass note; what lies between is
free, and of several ways the one is kept that comes to the end most likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from worker.music.score import Key

from .voices_layout import FIRST_PITCH, HOLD, VoicesLayout

Range = tuple[int, int]

#: Sixteenths that the last bass note lasts.
ENDING = 8
#: A composition that is shorter is left to itself.
SHORTEST = 2 * ENDING
#: The opening is drawn from so many voicings that lie best.
_BEST = 6
#: Upper voices lie no further apart than this.
_APART = 12


def framed(
    given: Tensor, layout: VoicesLayout, ranges: Sequence[Range], key: Key, source: np.random.Generator
) -> Tensor:
    """``given`` (steps, voices) with a first chord and a last bass note in ``key``; as it is when it is too
    short, or the voices have no room for the chord.
    """
    chord = opening(ranges, key, source)
    if len(given) < SHORTEST or not chord or not all(layout.low <= pitch <= layout.high for pitch in chord):
        return given
    found = given.clone()
    for voice, pitch in enumerate(chord):
        found[0, voice] = pitch - layout.low + FIRST_PITCH
    found[-ENDING:, -1] = HOLD
    found[-ENDING, -1] = chord[-1] - layout.low + FIRST_PITCH
    return found


def opening(ranges: Sequence[Range], key: Key, source: np.random.Generator) -> tuple[int, ...]:
    """A voicing of the tonic triad, from high to low, its keynote in the bass; empty when there is none."""
    fitting = sorted(_voicings(ranges, key), key=lambda chord: (_strain(chord, ranges), chord))[:_BEST]
    return fitting[int(source.integers(len(fitting)))] if fitting else ()


def _voicings(ranges: Sequence[Range], key: Key) -> Iterator[tuple[int, ...]]:
    third = (key.tonic + (3 if key.mode == "minor" else 4)) % 12
    triad = (key.tonic, third, (key.tonic + 7) % 12)
    low, high = ranges[-1]
    basses = [pitch for pitch in range(low, high + 1) if pitch % 12 == key.tonic]
    for upper in _stacks(ranges[:-1], triad):
        for bass in basses:
            chord = (*upper, bass)
            classes = [pitch % 12 for pitch in chord]
            # The third sounds once; the fifth too where there are voices enough.
            complete = len(chord) < 3 or (
                classes.count(third) == 1 and len(set(classes)) >= min(3, len(chord) - 1)
            )
            if complete and (not upper or upper[-1] > bass):
                yield chord


def _stacks(ranges: Sequence[Range], triad: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The upper voices, from high to low, each within an octave below the one before."""
    stacks: list[tuple[int, ...]] = [()]
    for low, high in ranges:
        stacks = [
            (*stack, pitch)
            for stack in stacks
            for pitch in range(low, high + 1)
            if pitch % 12 in triad and (not stack or 0 < stack[-1] - pitch <= _APART)
        ]
    return stacks


def _strain(chord: Sequence[int], ranges: Sequence[Range]) -> float:
    """How far the voices lie from the middle of their ranges."""
    return sum(abs(2 * pitch - low - high) for pitch, (low, high) in zip(chord, ranges, strict=True))
