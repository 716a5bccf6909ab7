"""Range, density and repetition."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from worker.music.score import TICKS, Note, Part, Score
from worker.music.theory.frames import Notes, covered


@dataclass(frozen=True, slots=True)
class Ambitus:
    """The range of a part: lowest, highest and median pitch (MIDI; None without notes or for drums)."""

    name: str
    low: int | None
    high: int | None
    median: int | None
    notes: int


@dataclass(frozen=True, slots=True)
class Density:
    """Notes a second and a bar, and how many sound at once on average while any does."""

    notes_per_second: float
    notes_per_bar: float
    sounding: float


@dataclass(frozen=True, slots=True)
class Repetition:
    """``share`` of the bars occur earlier in the piece, note for note or moved to another pitch.

    ``longest`` is the longest run of such bars that follow each other as before: it begins at bar ``again``
    as it did at bar ``first``, counted as people do: the first full bar is 1, an incomplete one before it 0.
    All 0 where nothing repeats. Runs do not overlap.
    """

    share: float
    longest: int
    first: int
    again: int

    @property
    def text(self) -> str:
        """In words."""
        if not self.longest:
            return "No bar comes twice."
        many = f"{self.longest} bars" if self.longest > 1 else "1 bar"
        return f"From bar {self.again}, {many} as from bar {self.first}."


def ambitus_of(part: Part) -> Ambitus:
    """The range of a part."""
    if part.drums or not part.notes:
        return Ambitus(part.name, None, None, None, len(part.notes))
    pitches = np.sort([note.pitch for note in part.notes])
    middle = int(pitches[len(pitches) // 2])
    return Ambitus(part.name, int(pitches[0]), int(pitches[-1]), middle, len(pitches))


def density_of(score: Score, notes: Notes) -> Density:
    """The density of a piece; drums count among the notes, not among what sounds."""
    count = sum(len(part.notes) for part in score.parts)
    seconds, bars = score.seconds, score.end / score.bar if score.bar else 0.0
    heard = covered(notes)
    sounding = float((notes.end - notes.start).sum() / heard) if heard else 0.0
    return Density(
        round(count / seconds, 3) if seconds else 0.0,
        round(count / bars, 2) if bars else 0.0,
        round(sounding, 2),
    )


def repetition_of(score: Score) -> Repetition:
    """How much of a piece comes back, bar by bar; empty bars and those of one note count for nothing."""
    bars = _contents(score)
    seen: dict[bytes, list[int]] = defaultdict(list)
    repeats = 0
    best = (0, 0, 0)
    runs: dict[int, int] = {}
    last = -1
    for bar, content in bars:
        earlier = seen[content]
        repeats += bool(earlier)
        before = runs if bar == last + 1 else {}
        runs = {place: min(before.get(place - 1, 0) + 1, bar - place) for place in earlier[-_REMEMBERED:]}
        for place, length in runs.items():
            if length > best[0]:
                best = (length, place - length + 1, bar - length + 1)
        earlier.append(bar)
        last = bar
    return Repetition(round(repeats / len(bars), 3) if bars else 0.0, *best)


#: Of the earlier bars that are alike, so many latest ones are followed: a piece of one bar stays quick.
_REMEMBERED = 16


def _contents(score: Score) -> list[tuple[int, bytes]]:
    """What begins in each bar, as a mark equal for equal bars at any pitch, without bars of one note.

    Bars are counted as people do: the first full one is 1.
    """
    counted = 0 if score.pickup else 1
    inside: dict[int, list[tuple[int, int, Note]]] = defaultdict(list)
    for place, note in score.notes():
        bar = score.bar_of(note.start)
        inside[bar].append((note.start - score.bar_start(bar), place, note))
    found = []
    for bar in sorted(bar for bar, rows in inside.items() if len(rows) > 1):
        rows = sorted(inside[bar], key=lambda row: (row[0], row[1], row[2].pitch))
        pitched = [row[2].pitch for row in rows if not score.parts[row[1]].drums]
        base = min(pitched, default=0)
        marks = [
            (start, place, note.pitch - (0 if score.parts[place].drums else base), note.duration)
            for start, place, note in rows
        ]
        found.append((bar + counted, hashlib.blake2b(repr(marks).encode(), digest_size=8).digest()))
    return found


def beats_a_minute(score: Score) -> float:
    """How often notes begin, at most once a sixteenth, in onsets a minute: how fast it feels."""
    onsets = {note.start // (TICKS // 4) for _, note in score.notes()}
    return 60.0 * len(onsets) / score.seconds if score.seconds else 0.0
