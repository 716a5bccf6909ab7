"""Faults of voice leading between the single lines of a piece, by the rules that Bach's chorales keep.

Two parts that move to a perfect fifth or octave (or unison) from the same interval, in the same direction,
lose their independence; likewise outer parts that reach one in the same direction while the upper one leaps.
Parts cross when the lower sounds above the higher. Leaps over an octave, of a seventh or of an augmented
interval are hard to sing; upper parts more than an octave apart sound thin. Counted per 100 chords, where a
chord is a moment at which at least one note begins while two or more parts sound.

Bach's own rates, in the 229 training pieces of JSB Chorales with 19,835 chords, per 100 chords:
parallel fifths 0.19, parallel octaves 0.15, hidden fifths 0.36, hidden octaves 0.13, crossings 1.50, leaps
0.67, spacing 0.84.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from worker.music.score import TICKS, Key, Part, Score
from worker.music.spelling import spell
from worker.music.theory.romans import Chord

Ticks = npt.NDArray[np.int64]

KINDS = (
    "parallel_fifths",
    "parallel_octaves",
    "hidden_fifths",
    "hidden_octaves",
    "crossing",
    "leap",
    "spacing",
)
#: Lines compared at most; and faults told one by one. The figures count all.
MOST_LINES, MOST_TOLD = 12, 200
#: A part is a line when at most this share of its notes overlap the next one.
_OVERLAPPING = 0.02
#: A rest of this many ticks breaks a line: what follows is no step from what came before.
_BREAK = TICKS
_LEAPS = {10: "a minor seventh", 11: "a major seventh"}
#: Semitones to letters between and name; the same semitones over one letter more are common intervals.
_AUGMENTED = {3: (1, "an augmented second"), 6: (3, "an augmented fourth"), 8: (4, "an augmented fifth")}
_LETTERS = "CDEFGAB"


@dataclass(frozen=True, slots=True)
class Line:
    """A part with one note at a time: arrays by note, ``linked`` when the note before leads to it."""

    place: int
    name: str
    start: Ticks
    end: Ticks
    pitch: Ticks
    linked: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at ``tick`` between ``parts`` (places in the score), as a kind and a sentence."""

    tick: int
    kind: str
    parts: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class VoiceLeading:
    """The first ``MOST_TOLD`` faults in order; how many of each kind there are; of how many ``chords``."""

    chords: int
    counts: dict[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def per_100_chords(self) -> dict[str, float]:
        """How many of each kind occur in a hundred chords; empty without chords."""
        if not self.chords:
            return {}
        return {kind: round(100.0 * self.counts.get(kind, 0) / self.chords, 2) for kind in KINDS}


def judge(score: Score, chords: Sequence[Chord] = ()) -> VoiceLeading:
    """The voice leading of a score whose parts are single lines; parts that hold chords are left out.

    ``chords`` say which key it is in where: without them augmented leaps, a matter of spelling, are not told.
    """
    lines = lines_of(score)
    faults = [fault for line in lines for fault in _leaps(line, chords)]
    for upper in range(len(lines)):
        for lower in range(upper + 1, len(lines)):
            outer = upper == 0 and lower == len(lines) - 1 and len(lines) > 2
            faults += _moving(lines[upper], lines[lower], outer=outer)
            if lower == upper + 1:
                faults += _standing(lines[upper], lines[lower], bass=lower == len(lines) - 1)
    faults.sort(key=lambda fault: (fault.tick, KINDS.index(fault.kind), fault.parts))
    counts = Counter(fault.kind for fault in faults)
    return VoiceLeading(_chords(lines), dict(counts), tuple(faults[:MOST_TOLD]))


def lines_of(score: Score) -> list[Line]:
    """The parts that are single lines, in the order of the score, at most ``MOST_LINES``."""
    found = (_line(place, part) for place, part in enumerate(score.parts) if not part.drums)
    return [line for line in found if line is not None][:MOST_LINES]


def _line(place: int, part: Part) -> Line | None:
    notes = [note for note in part.notes if note.duration > 0]
    if not notes:
        return None
    start = np.array([note.start for note in notes], dtype=np.int64)
    end = np.array([note.end for note in notes], dtype=np.int64)
    pitch = np.array([note.pitch for note in notes], dtype=np.int64)
    if (end[:-1] > start[1:]).sum() > _OVERLAPPING * len(notes):
        return None
    linked = np.append(False, start[1:] - end[:-1] < _BREAK)
    return Line(place, part.name or f"Part {place + 1}", start, end, pitch, linked)


def _leaps(line: Line, chords: Sequence[Chord]) -> list[Fault]:
    steps = np.diff(line.pitch, prepend=line.pitch[0])
    sizes = np.abs(steps)
    suspect = (sizes > 12) | np.isin(sizes, [*_LEAPS, *_AUGMENTED])
    begins = [chord.start for chord in chords]
    found = []
    for place in np.flatnonzero(suspect & line.linked).tolist():
        size, tick = int(sizes[place]), int(line.start[place])
        what: str | None = f"more than an octave ({size} semitones)" if size > 12 else _LEAPS.get(size)
        if what is None:
            at = bisect_right(begins, tick) - 1
            what = _augmented(line, place, chords[at].key) if at >= 0 else None
        if what is not None:
            way = "up" if steps[place] > 0 else "down"
            found.append(Fault(tick, "leap", (line.place,), f"{line.name} leaps {way} {what}"))
    return found


def _augmented(line: Line, place: int, key: Key) -> str | None:
    """What the step to a note is called when, as its key spells it, the interval is augmented; else None."""
    low, high = sorted((int(line.pitch[place - 1]), int(line.pitch[place])))
    letters, name = _AUGMENTED[high - low]
    between = (_LETTERS.index(spell(high, key)[0]) - _LETTERS.index(spell(low, key)[0])) % 7
    return name if between == letters else None


def _moving(upper: Line, lower: Line, *, outer: bool) -> list[Fault]:
    """Parallel and, between outer parts, hidden fifths and octaves where both parts move at once."""
    _, high, low = np.intersect1d(upper.start, lower.start, return_indices=True)
    both = upper.linked[high] & lower.linked[low]
    high, low = high[both], low[both]
    if not len(high):
        return []
    up, down = upper.pitch[high] - upper.pitch[high - 1], lower.pitch[low] - lower.pitch[low - 1]
    now = upper.pitch[high] - lower.pitch[low]
    before = upper.pitch[high - 1] - lower.pitch[low - 1]
    alike = np.sign(up) * np.sign(down) > 0
    found = []
    for interval, name in ((7, "fifths"), (0, "octaves")):
        perfect = alike & (now % 12 == interval)
        parallel = perfect & (before % 12 == interval)
        hidden = perfect & ~parallel & (np.abs(up) > 2) if outer else np.zeros_like(perfect)
        for kind, where in (("parallel", parallel), ("hidden", hidden)):
            text = f"{upper.name} and {lower.name} move in {kind} {name}"
            if kind == "hidden":
                text = f"{upper.name} leaps into {_SINGLE[name]} over {lower.name}, both the same way"
            parts = (upper.place, lower.place)
            ticks = upper.start[high[where]].tolist()
            found += [Fault(tick, f"{kind}_{name}", parts, text) for tick in ticks]
    return found


_SINGLE = {"fifths": "a fifth", "octaves": "an octave"}


def _standing(upper: Line, lower: Line, *, bass: bool) -> list[Fault]:
    """Crossings of neighbours, and upper parts too far apart: each told once where it begins."""
    start, distance = _distances(upper, lower)
    parts = (upper.place, lower.place)
    crossed = distance < 0
    text = f"{lower.name} sounds above {upper.name}"
    found = [Fault(tick, "crossing", parts, text) for tick in _begins(start, crossed)]
    if bass:
        return found
    text = f"{upper.name} and {lower.name} are more than an octave apart"
    return found + [Fault(tick, "spacing", parts, text) for tick in _begins(start, distance > 12)]


def _begins(start: Ticks, where: npt.NDArray[np.bool_]) -> list[int]:
    return [int(tick) for tick in start[where & ~np.append(False, where[:-1])]]


def _distances(upper: Line, lower: Line) -> tuple[Ticks, Ticks]:
    """At each onset of either line: the tick, and by how much the upper sounds above; 0 where one rests."""
    start = np.union1d(upper.start, lower.start)
    pitches = []
    for line in (upper, lower):
        place = np.searchsorted(line.start, start, side="right") - 1
        sounding = (place >= 0) & (line.end[place] > start)
        pitches.append(np.where(sounding, line.pitch[place], -1))
    both = (pitches[0] >= 0) & (pitches[1] >= 0)
    return start, np.where(both, pitches[0] - pitches[1], 0)


def _chords(lines: list[Line]) -> int:
    """The moments at which a note of a line begins while two or more lines sound."""
    if len(lines) < 2:
        return 0
    start = np.unique(np.concatenate([line.start for line in lines]))
    sounding = np.zeros(len(start), dtype=np.int64)
    for line in lines:
        place = np.searchsorted(line.start, start, side="right") - 1
        sounding += (place >= 0) & (line.end[place] > start)
    return int((sounding >= 2).sum())
