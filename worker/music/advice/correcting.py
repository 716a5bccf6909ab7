"""Mends a fault of voice leading by the smallest change of one inner note, or of two.

A note may go to another tone of the chord that sounds, between the voices above and below it, as long as the
chord keeps its third, its leading tone is not doubled, and no other fault comes up. Ways are looked for in
the bars shown and one more on either side, so that notes held over and the notes before and after count too;
what is found is then tried in the whole piece, for notes may be held for longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from worker.music.advice.passage import bounds, chords_within, passage_of, with_pitch
from worker.music.score import Note, Score
from worker.music.theory.analysis import Analysis
from worker.music.theory.chords import QUALITIES
from worker.music.theory.romans import Chord
from worker.music.theory.voice_leading import MOST_TOLD, Fault, judge, lines_of

#: A note moves by at most so many semitones.
_FARTHEST = 7
#: Two notes that move cost this much more than one that moves as far.
_SECOND = 3
_LEADING = 11
#: Ways tried in the whole piece, the smallest first.
_MOST_TRIED = 12

#: What makes a fault the same: its tick, its kind, its parts.
Mark = tuple[int, str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Move:
    """One note that changes: the place of its part, its tick in the whole piece, both pitches."""

    part: int
    tick: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What changes, and the bars around (``first`` to ``last``, counted from 0) as they become."""

    moves: tuple[Move, ...]
    passage: Score
    first: int
    last: int


def corrected(analysis: Analysis, fault: Fault) -> Correction | None:
    """The smallest change that removes a fault without making another; None where there is none, and where
    the bars around do not show the fault by themselves.
    """
    score = analysis.score
    bar = score.bar_of(fault.tick)
    first, last = max(0, bar - 1), bar + 1
    before, after = max(0, first - 1), last + 1
    start, end = bounds(score, before, after)
    place = _Place(passage_of(score, before, after), chords_within(analysis.chords, start, end))
    ways = place.ways(Fault(fault.tick - start, fault.kind, fault.parts, fault.text))
    for found, changed in islice(ways, _MOST_TRIED):
        moves = tuple(Move(one.part, one.tick + start, one.before, one.after) for one in found)
        if _mends(analysis, fault, moves):
            return Correction(moves, passage_of(changed, first - before, last - before), first, last)
    return None


def _mends(analysis: Analysis, fault: Fault, moves: Sequence[Move]) -> bool:
    """Whether the whole piece is without the fault after the moves, and has no other instead."""
    told = analysis.voice_leading.faults
    left = _marks(_moved(analysis.score, moves), analysis.chords)
    if len(told) >= MOST_TOLD:
        # Of more faults only the first are told: one that goes would bring up the next, which is not new.
        left = {mark for mark in left if mark[0] < told[-1].tick}
    return _mark(fault) not in left and left <= set(map(_mark, told))


class _Place:
    """The bars around a fault."""

    def __init__(self, score: Score, chords: Sequence[Chord]) -> None:
        self.score, self.chords = score, chords
        self.lines = [line.place for line in lines_of(score)]
        self.faults = _marks(score, chords)

    def ways(self, fault: Fault) -> Iterator[tuple[tuple[Move, ...], Score]]:
        """The moves that mend it and the bars with them, the smallest first; none where the fault is none of
        these bars by themselves.
        """
        mark = _mark(fault)
        if mark not in self.faults:
            return
        wanted = self.faults - {mark}
        singles = list(self._moves(fault))
        for moves in _by_cost(singles):
            changed = _moved(self.score, moves)
            if all(self._keeps_the_chord(changed, move.tick) for move in moves):
                left = _marks(changed, self.chords)
                if left <= wanted:
                    yield moves, changed

    def _moves(self, fault: Fault) -> Iterator[Move]:
        """Changes of single inner notes at the fault and just before it."""
        for part in self.lines[1:-1]:
            for note in self._around(part, fault.tick):
                for pitch in self._tones(part, note):
                    yield Move(part, note.start, note.pitch, pitch)

    def _around(self, part: int, tick: int) -> list[Note]:
        """The note of a part that sounds at a tick, and the one before."""
        notes = [note for note in self.score.parts[part].notes if note.start <= tick]
        return notes[-2:]

    def _tones(self, part: int, note: Note) -> Iterator[int]:
        """Tones of the chord at a note, between its neighbours, without its own."""
        chord = self._chord(note.start)
        if chord is None:
            return
        members = {(chord.root + member) % 12 for member in QUALITIES[chord.quality].members}
        if chord.function.step != 0 and (chord.key.tonic + _LEADING) % 12 in members:
            others = {other.pitch % 12 for _, other in self._sounding(note.start) if other is not note}
            members -= {(chord.key.tonic + _LEADING) % 12} & others
        at = self.lines.index(part)
        above, below = (self._pitch(self.lines[other], note.start) for other in (at - 1, at + 1))
        low = max(note.pitch - _FARTHEST, below if below is not None else 0)
        high = min(note.pitch + _FARTHEST, above if above is not None else 127)
        for pitch in range(low, high + 1):
            if pitch != note.pitch and pitch % 12 in members:
                yield pitch

    def _keeps_the_chord(self, changed: Score, tick: int) -> bool:
        """Whether the chord still has its third, if it had it."""
        chord = self._chord(tick)
        if chord is None or len(QUALITIES[chord.quality].members) < 2:
            return False
        third = (chord.root + QUALITIES[chord.quality].members[1]) % 12
        had = any(note.pitch % 12 == third for _, note in self._sounding(tick))
        has = any(note.pitch % 12 == third for _, note in _sounding(changed, tick))
        return has or not had

    def _chord(self, tick: int) -> Chord | None:
        return next((chord for chord in self.chords if chord.start <= tick < chord.end), None)

    def _sounding(self, tick: int) -> list[tuple[int, Note]]:
        return _sounding(self.score, tick)

    def _pitch(self, part: int, tick: int) -> int | None:
        return next((note.pitch for place, note in self._sounding(tick) if place == part), None)


def _moved(score: Score, moves: Sequence[Move]) -> Score:
    for move in moves:
        notes = score.parts[move.part].notes
        place = next(place for place, note in enumerate(notes) if note.start == move.tick)
        score = with_pitch(score, move.part, place, move.after)
    return score


def _sounding(score: Score, tick: int) -> list[tuple[int, Note]]:
    return [(place, note) for place, note in score.notes() if note.start <= tick < note.end]


def _mark(fault: Fault) -> Mark:
    return fault.tick, fault.kind, fault.parts


def _marks(score: Score, chords: Sequence[Chord]) -> set[Mark]:
    return set(map(_mark, judge(score, chords).faults))


def _by_cost(singles: Sequence[Move]) -> list[tuple[Move, ...]]:
    """Each change alone, and each two of different notes together, by how far notes move."""
    by_note: dict[tuple[int, int], list[Move]] = {}
    for move in singles:
        by_note.setdefault((move.part, move.tick), []).append(move)
    pairs = [pair for one, other in combinations(by_note.values(), 2) for pair in product(one, other)]
    found: list[tuple[Move, ...]] = [*((move,) for move in singles), *pairs]
    return sorted(found, key=_cost)


def _cost(moves: tuple[Move, ...]) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    far = sum(abs(move.after - move.before) for move in moves)
    return far + _SECOND * (len(moves) - 1), tuple((move.tick, move.part, move.after) for move in moves)
