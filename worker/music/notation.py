"""From the grid to written notes: voices without overlap, bars, note values, ties, tuplets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from worker.music.score import TICKS, Note, Score

#: What fewest programs take: MusicXML's readers show four voices a staff in ways of their own.
VOICES = 4

#: Ticks of a written value to its name and dots.
PLAIN: dict[int, tuple[str, int]] = {
    4 * TICKS * size // 64 // 2**down: (name, dots)
    for down, name in enumerate(("whole", "half", "quarter", "eighth", "16th", "32nd"))
    for size, dots in ((112, 2), (96, 1), (64, 0))
    if 4 * TICKS * size % (64 * 2**down) == 0
}
#: The same in triplets: three in the time of two.
TRIPLET: dict[int, tuple[str, int]] = {
    8 * TICKS // 3 // 2**down: (name, 0)
    for down, name in enumerate(("whole", "half", "quarter", "eighth", "16th", "32nd", "64th"))
}
#: A plain position is a multiple of a thirty-second.
_FINEST = TICKS // 8


@dataclass(frozen=True, slots=True)
class Chord:
    """Notes that begin and end together."""

    start: int
    duration: int
    pitches: tuple[int, ...]

    @property
    def end(self) -> int:
        """The first tick at which it is silent."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class Written:
    """One written note, chord or rest (no ``pitches``) inside a bar.

    ``before`` and ``after`` say that it is tied to what stands there; ``bracket`` is "start" or "stop" where
    a group of triplets begins or ends.
    """

    start: int
    duration: int
    pitches: tuple[int, ...]
    triplet: bool
    before: bool = False
    after: bool = False
    bracket: str = ""


def chords(notes: Sequence[Note]) -> list[list[Chord]]:
    """The voices of a part, each a line of chords that do not overlap; the highest beginnings come first."""
    together: dict[tuple[int, int], set[int]] = defaultdict(set)
    for note in notes:
        together[note.start, note.duration].add(note.pitch)
    found = [Chord(start, length, tuple(sorted(pitches))) for (start, length), pitches in together.items()]
    lines: list[list[Chord]] = []
    for chord in sorted(found, key=lambda chord: (chord.start, -chord.pitches[-1], chord.duration)):
        free = next((line for line in lines if line[-1].end <= chord.start), None)
        if free is None:
            lines.append([chord])
        else:
            free.append(chord)
    return lines


def bars(score: Score, line: Sequence[Chord]) -> list[list[Written]]:
    """A voice bar by bar, each filled with rests; a bar in which it is silent is empty."""
    written: list[list[Written]] = [[] for _ in range(score.bars)]
    for chord in line:
        for bar in range(score.bar_of(chord.start), score.bar_of(chord.end - 1) + 1):
            first = max(chord.start, score.bar_start(bar))
            last = min(chord.end, score.bar_start(bar + 1))
            written[bar] += _values(score.bar_start(bar), first, last, chord)
    return [_bracketed(_filled(score, bar, notes)) for bar, notes in enumerate(written)]


def silence(score: Score, bar: int) -> list[Written]:
    """The rests of an empty bar."""
    begin = score.bar_start(bar)
    return list(_values(begin, begin, score.bar_start(bar + 1), None))


def _filled(score: Score, bar: int, notes: list[Written]) -> list[Written]:
    """A bar's notes with rests between them; nothing where there are no notes."""
    if not notes:
        return []
    begin = here = score.bar_start(bar)
    full: list[Written] = []
    for note in notes:
        full += _values(begin, here, note.start, None)
        full.append(note)
        here = note.start + note.duration
    return full + list(_values(begin, here, score.bar_start(bar + 1), None))


def _values(begin: int, start: int, end: int, chord: Chord | None) -> Iterator[Written]:
    """The written values between two ticks of the bar that begins at ``begin``, tied together."""
    here = start
    while here < end:
        length, triplet = _value(here - begin, end - here)
        if chord is None:
            yield Written(here, length, (), triplet)
        else:
            after = here + length < chord.end
            yield Written(here, length, chord.pitches, triplet, here > chord.start, after)
        here += length


def _value(place: int, length: int) -> tuple[int, bool]:
    """The first value of a stretch of ``length`` ticks at ``place`` in its bar, and whether in triplets.

    A stretch that is one plain value is written as it is. Others go to the next beat first, and then on in
    the longest values; what does not begin or end on a thirty-second is written in triplets within its beat.
    """
    if place % _FINEST == 0 and length in PLAIN:
        return length, False
    to_beat = TICKS - place % TICKS
    if place % _FINEST or (length % _FINEST and length < to_beat):
        return max(ticks for ticks in TRIPLET if ticks <= min(length, to_beat)), True
    whole = length - length % TICKS if place % TICKS == 0 and length > TICKS else min(length, to_beat)
    return max(ticks for ticks in PLAIN if ticks <= whole), False


def _bracketed(notes: list[Written]) -> list[Written]:
    """The same with the groups of triplets marked: those in a row within a beat."""
    marked = list(notes)
    group: list[int] = []
    for n, note in enumerate([*notes, None]):
        joins = note is not None and note.triplet and group and _beat(notes[group[0]]) == _beat(note)
        if group and not joins:
            if len(group) > 1:
                marked[group[0]] = _with(notes[group[0]], "start")
                marked[group[-1]] = _with(notes[group[-1]], "stop")
            group = []
        if note is not None and note.triplet:
            group.append(n)
    return marked


def _beat(note: Written) -> int:
    return note.start // TICKS


def _with(note: Written, bracket: str) -> Written:
    return replace(note, bracket=bracket)
