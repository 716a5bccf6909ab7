"""A piece cut into frames at its onsets: what sounds in each, as arrays that the harmony is read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.music.score import TICKS, Score

#: A chord begins on a grid of eighths; finer notes fall into the frame around them.
GRID = TICKS // 2
#: A piece with more frames than this gets a coarser grid, so that reading it stays quick.
MOST = 2000
#: Below so many notes at once chords are broken up in time, and below so many there is one line alone.
THIN, ALONE = 2.5, 1.5

Ticks = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Notes:
    """The pitched notes of a piece by onset, flat: each array has one entry a note, times in ticks."""

    start: Ticks
    end: Ticks
    pitch: Ticks
    part: Ticks

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Frames:
    """S frames: ``start`` and ``end`` in ticks (S,), ``weights`` (S, 12), ``bass`` (S,), ``voices`` (S,).

    ``weights`` are the ticks that each pitch class sounds in the frame, summed over notes. ``bass`` is the
    lowest pitch, -1 in a rest. ``voices`` is how many notes sound on average.
    """

    start: Ticks
    end: Ticks
    weights: Real
    bass: Ticks
    voices: Real

    def __len__(self) -> int:
        return len(self.start)


def notes_of(score: Score) -> Notes:
    """All notes of a score but those of drums, and but those without length."""
    rows = [
        (note.start, note.pitch, note.end, place)
        for place, part in enumerate(score.parts)
        if not part.drums
        for note in part.notes
        if note.duration > 0
    ]
    rows.sort()
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Notes(table[:, 0], table[:, 2], table[:, 1], table[:, 3])


def frames_of(score: Score, notes: Notes) -> Frames:
    """The frames of a piece: one begins wherever a note does, on a grid; a piece without notes has none.

    Where few notes sound at once the grid is coarser, so that a frame holds a broken chord: beats in a thin
    texture, half bars (bars of three beats whole) in a single line.
    """
    edges = _edges(notes, _grid(score, notes), score.pickup)
    start, end = edges[:-1], edges[1:]
    weights = np.empty((len(start), 12))
    for tone in range(12):
        mine = notes.pitch % 12 == tone
        weights[:, tone] = np.diff(_sounded(notes.start[mine], notes.end[mine], edges))
    bass = _bass(notes, start, end)
    return Frames(start, end, weights, bass, weights.sum(axis=1) / (end - start))


def _grid(score: Score, notes: Notes) -> int:
    """The ticks of a frame of a full grid."""
    heard = covered(notes)
    voices = (notes.end - notes.start).sum() / heard if heard else 0.0
    if voices >= THIN:
        return GRID
    count, unit = score.meter[0], 4 * TICKS // score.meter[1]
    beat = 3 * unit if count % 3 == 0 and unit < TICKS else TICKS
    if voices >= ALONE:
        return max(GRID, beat)
    half = score.bar // 2 if score.bar // 2 % beat == 0 else score.bar
    return min(max(beat, half), 4 * TICKS)


def covered(notes: Notes) -> int:
    """Ticks during which anything sounds."""
    reach = np.maximum.accumulate(notes.end)
    return int((reach - np.maximum(notes.start, np.append(0, reach[:-1]))).clip(min=0).sum())


def _edges(notes: Notes, grid: int, origin: int) -> Ticks:
    """Where frames begin, and the end of the last: rising ticks."""
    if not len(notes):
        return np.zeros(1, dtype=np.int64)
    starts = np.unique((notes.start - origin) // grid)
    while len(starts) > MOST:
        grid *= 2
        starts = np.unique((notes.start - origin) // grid)
    return np.append((starts * grid + origin).clip(min=0), notes.end.max())


def _sounded(start: Ticks, end: Ticks, at: Ticks) -> Real:
    """How many ticks these notes have sounded, summed, until each moment of ``at``."""
    if not len(start):
        return np.zeros(len(at))
    times = np.concatenate([start, end])
    order = np.argsort(times, kind="stable")
    times = times[order]
    sounding = np.cumsum(np.repeat([1, -1], len(start))[order])
    total = np.concatenate([[0], np.cumsum(sounding[:-1] * np.diff(times))])
    return np.asarray(np.interp(at, times, total))


def _bass(notes: Notes, start: Ticks, end: Ticks) -> Ticks:
    """The lowest pitch that sounds in the first half of each frame, else anywhere in it, else -1."""
    if not len(start):
        return np.zeros(0, dtype=np.int64)
    early = lowest(notes, start, start + np.minimum(end - start, GRID) // 2)
    return np.where(early >= 0, early, lowest(notes, start, end))


def lowest(notes: Notes, start: Ticks, end: Ticks) -> Ticks:
    """The lowest pitch that sounds in each of the spans (S,), which are in order; -1 where none does."""
    first = np.searchsorted(end, notes.start, side="right")
    stop = np.searchsorted(start, notes.end, side="left")
    found = np.full(len(start), -1, dtype=np.int64)
    by_pitch = np.argsort(notes.pitch, kind="stable")
    pitches, begins = np.unique(notes.pitch[by_pitch], return_index=True)
    for pitch, mine in zip(pitches, np.split(by_pitch, begins[1:]), strict=True):
        change = np.zeros(len(start) + 1, dtype=np.int64)
        np.add.at(change, first[mine], 1)
        np.add.at(change, np.maximum(stop[mine], first[mine]), -1)
        found[(found < 0) & (np.cumsum(change)[:-1] > 0)] = pitch
    return found
