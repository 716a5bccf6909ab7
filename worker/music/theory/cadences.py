"""Cadences: how phrases close."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from worker.music.score import Key
from worker.music.theory.chords import DOM7, MAJ, MIN
from worker.music.theory.phrases import Moments
from worker.music.theory.romans import Chord, function_of, roman_of

PERFECT = "perfect_authentic"
IMPERFECT = "imperfect_authentic"
HALF = "half"
PLAGAL = "plagal"
DECEPTIVE = "deceptive"

_TEXTS = {
    PERFECT: "a full close: the dominant falls to the tonic, and the melody ends on the tonic",
    IMPERFECT: "a lighter close: dominant and tonic, but the bass does not fall or the melody ends elsewhere",
    HALF: "a half close: the phrase stops on the dominant",
    PLAGAL: "a plagal close: the subdominant falls to the tonic",
    DECEPTIVE: "a deceptive close: the dominant turns aside to the sixth degree",
}


@dataclass(frozen=True, slots=True)
class Cadence:
    """The end of a phrase: ``tick`` of its last chord, ``kind``, the key it closes in, its "V7 – I"."""

    tick: int
    kind: str
    key: Key
    romans: str

    @property
    def text(self) -> str:
        """What it is, in words."""
        return f"{self.romans} in {self.key.name}: {_TEXTS[self.kind]}"


def cadences_of(ends: list[int], chords: list[Chord], moments: Moments) -> list[Cadence]:
    """The cadences at phrase ends (ticks); an end whose chords close in no known way has none."""
    begins = [chord.start for chord in chords]
    found = []
    for end in ends:
        last = _closing(chords, bisect_right(begins, end) - 1, end)
        if last < 1:
            continue
        cadence = _cadence(end, chords[: last + 1], _top(moments, end))
        if cadence is not None:
            found.append(cadence)
    return found


def _closing(chords: list[Chord], place: int, end: int) -> int:
    """The place of the chord of a phrase end; -1 where none sounds."""
    return place if place >= 0 and chords[place].end > end else -1


def _top(moments: Moments, tick: int) -> int:
    """The pitch class of the highest note that sounds at a tick."""
    return int(moments.top[np.searchsorted(moments.start, tick, side="right") - 1]) % 12


def _cadence(tick: int, chords: list[Chord], top: int) -> Cadence | None:
    last = chords[-1]
    before = next((chord for chord in reversed(chords[-5:]) if chord.root != last.root), None)
    if before is None:
        return None
    kind, key = _kind(before, last, top)
    if kind is None:
        return None
    return Cadence(tick, kind, key, f"{_in_key(before, key)} – {_in_key(last, key)}")


def _in_key(chord: Chord, key: Key) -> str:
    """The numeral of a chord in the key of a cadence, which is not always the one it was read in."""
    if chord.key == key:
        return chord.roman
    return roman_of(function_of((chord.root - key.tonic) % 12, chord.quality, key), chord.inversion)


def _kind(before: Chord, last: Chord, top: int) -> tuple[str | None, Key]:
    """Which cadence two chords make, and in which key: a chord led to by its own dominant counts as tonic."""
    tonic = Key(last.root, "minor" if last.quality == MIN else "major")
    plain = last.quality in (MAJ, MIN)
    fifth = (before.root - last.root) % 12
    leads = before.function.role in "DA" and fifth in (7, 11)
    halfway = before.function.target == last.function.step == 4 and before.key == last.key
    if plain and not halfway and ((leads and _is_home(before, last)) or _falls(before, last)):
        key = last.key if last.function.step == 0 and before.function.role == "D" else tonic
        return _authentic(before, last, top), key
    if last.function.step == 4 and last.quality == MAJ and last.inversion == 0:
        return HALF, last.key
    if plain and last.function.step == 0 and before.function.step == 3 and not last.inversion:
        return PLAGAL, last.key
    if last.function.step == 5 and before.function.step == 4 and before.function.role == "D":
        return DECEPTIVE, last.key
    return None, last.key


def _falls(before: Chord, last: Chord) -> bool:
    """Whether a major chord that is no tonic falls a fifth, both in root position: a close in passing."""
    major = before.quality in (MAJ, DOM7) and before.function.role in "DAC"
    return major and (before.root - last.root) % 12 == 7 and not before.inversion and not last.inversion


def _is_home(before: Chord, last: Chord) -> bool:
    """Whether the second chord is where the first one, a dominant, leads to."""
    if before.function.role == "A":
        return before.function.target == last.function.step or before.key != last.key
    return last.function.step == 0 and before.key.tonic == last.root


def _authentic(before: Chord, last: Chord, top: int) -> str:
    falls = (before.root - last.root) % 12 == 7
    rests = falls and not before.inversion and not last.inversion
    return PERFECT if rests and top == last.root else IMPERFECT
