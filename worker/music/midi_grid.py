"""Notes laid on the grid, with what that changed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.music.score import SIXTEENTH, TICKS, Note

Ticks = npt.NDArray[np.int64]


class Grid:
    """Counts, over all parts of a file of ``division`` ticks a quarter, what the grid did to its notes.

    ``notes``: how many were read; ``lengthened``, ``merged`` and ``cut``: how many were too short for the
    grid, struck a pitch twice at once, or were struck again before they ended.
    """

    def __init__(self, division: int) -> None:
        self.division = division
        self.notes = 0
        self.lengthened = 0
        self.merged = 0
        self.cut = 0
        self._moved = 0
        self._off = 0
        self._sum = 0.0
        self._max = 0.0

    def lay(self, ticks: Ticks) -> Ticks:
        """Ticks of the file to the nearest ones of the grid, halves upwards."""
        return (ticks * (2 * TICKS) + self.division) // (2 * self.division)

    def count(self, starts: Ticks, ends: Ticks) -> None:
        """Take in how far the notes of a part are from the grid; ``starts`` and ``ends`` as in the file."""
        away = [np.abs(times * TICKS / self.division - self.lay(times)) for times in (starts, ends)]
        late = [self.lay(times) % SIXTEENTH != 0 for times in (starts, ends)]
        self.notes += len(starts)
        self._moved += int(np.count_nonzero((away[0] > 0) | (away[1] > 0)))
        self._off += int(np.count_nonzero(late[0] | late[1]))
        self._sum += float(sum(distances.sum() for distances in away))
        self._max = max(self._max, *(float(distances.max()) for distances in away))

    def error(self, tempo: float) -> dict[str, float]:
        """The figures of ``Reading.quantisation``; ``tempo`` in quarters a minute."""
        mean = self._sum / (2 * self.notes)
        milliseconds = 60_000.0 / tempo / TICKS
        figures = {
            "mean_ticks": mean,
            "max_ticks": self._max,
            "mean_ms": mean * milliseconds,
            "max_ms": self._max * milliseconds,
            "moved": self._moved / self.notes,
            "off_sixteenths": self._off / self.notes,
        }
        return {name: round(value, 4) for name, value in figures.items()}


def quantised(
    starts: Ticks, ends: Ticks, pitches: npt.NDArray[np.int8], velocities: npt.NDArray[np.int8], grid: Grid
) -> list[Note]:
    """The notes of one part on the grid, in order, each pitch once at a time. ``starts`` as in the file."""
    grid.count(starts, ends)
    begun, durations = grid.lay(starts), grid.lay(ends) - grid.lay(starts)
    grid.lengthened += int(np.count_nonzero(durations < 1))
    columns = (begun, pitches, np.maximum(durations, 1), velocities)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return _once_at_a_time(sorted(Note(*row) for row in rows), grid)


def _once_at_a_time(notes: list[Note], grid: Grid) -> list[Note]:
    by_pitch: dict[int, list[Note]] = {}
    for note in notes:
        row = by_pitch.setdefault(note.pitch, [])
        before = row[-1] if row else None
        if before is not None and before.start == note.start:
            # Sorted, so the later one is the longer.
            row[-1] = note
            grid.merged += 1
            continue
        if before is not None and before.end > note.start:
            row[-1] = Note(before.start, before.pitch, note.start - before.start, before.velocity)
            grid.cut += 1
        row.append(note)
    return sorted(note for row in by_pitch.values() for note in row)
