"""Some bars of a piece as a piece of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worker.music.score import Note, Part, Score
from worker.music.theory.romans import Chord


def passage_of(score: Score, first: int, last: int) -> Score:
    """Bars ``first`` to ``last`` (from 0; an incomplete first bar is bar 0): the notes that begin there,
    cut where the last bar ends. All parts stay, so that places in ``parts`` mean the same.
    """
    start, end = bounds(score, first, last)
    parts = tuple(
        replace(
            part, notes=tuple(_moved(note, start, end) for note in part.notes if start <= note.start < end)
        )
        for part in score.parts
    )
    pickup = score.pickup if first == 0 else 0
    return replace(score, parts=parts, pickup=pickup)


def bounds(score: Score, first: int, last: int) -> tuple[int, int]:
    """The ticks at which bar ``first`` begins and bar ``last`` ends."""
    return score.bar_start(max(0, first)), score.bar_start(last + 1)


def chords_within(chords: Sequence[Chord], start: int, end: int) -> list[Chord]:
    """The chords of a passage from ``start`` to ``end``, moved to its own time."""
    return [
        replace(chord, start=max(0, chord.start - start), end=chord.end - start)
        for chord in chords
        if chord.end > start and chord.start < end
    ]


def with_pitch(score: Score, part: int, note: int, pitch: int) -> Score:
    """The piece with another pitch for one note (its place in the part)."""
    old: Part = score.parts[part]
    notes = list(old.notes)
    notes[note] = replace(notes[note], pitch=pitch)
    parts = list(score.parts)
    parts[part] = replace(old, notes=tuple(sorted(notes)))
    return replace(score, parts=tuple(parts))


def _moved(note: Note, start: int, end: int) -> Note:
    return replace(note, start=note.start - start, duration=min(note.duration, end - note.start))
