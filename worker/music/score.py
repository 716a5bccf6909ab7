"""A piece of music on a grid: what every reader gives and every writer takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

#: Grid ticks of a quarter note. 24 holds triplets of sixteenths and plain thirty-seconds.
TICKS = 24
SIXTEENTH = TICKS // 4
#: The tempo of a file that names none (Standard MIDI Files 1.0).
TEMPO = 120.0

Mode = Literal["major", "minor"]

#: Keynotes spelled so that the signature has the fewest accidentals.
_TONICS = {
    "major": ("C", "D♭", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"),
    "minor": ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its tonic as a pitch class (C = 0 ... B = 11) and its mode."""

    tonic: int
    mode: Mode

    @property
    def name(self) -> str:
        """As people write it: "E♭ major"."""
        return f"{_TONICS[self.mode][self.tonic]} {self.mode}"


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note: ``start`` and ``duration`` in grid ticks, ``pitch`` and ``velocity`` as in MIDI."""

    start: int
    pitch: int
    duration: int
    velocity: int = 80

    @property
    def end(self) -> int:
        """The first tick at which it is silent."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class Part:
    """One voice or instrument: General MIDI ``program``, ``notes`` by start, then pitch."""

    name: str
    notes: tuple[Note, ...]
    program: int = 0
    drums: bool = False

    @property
    def end(self) -> int:
        """The tick at which its last note ends; 0 without notes."""
        return max((note.end for note in self.notes), default=0)


@dataclass(frozen=True, slots=True)
class Score:
    """A piece: its parts from high to low where there is an order, ``tempo`` in quarters a minute.

    ``meter`` is the time signature. ``pickup`` is the length in ticks of an incomplete first bar; 0 when the
    piece begins on a bar line. ``key`` is what the file says, None when it says nothing.
    """

    parts: tuple[Part, ...]
    tempo: float = TEMPO
    meter: tuple[int, int] = (4, 4)
    pickup: int = 0
    key: Key | None = None
    title: str = ""

    @property
    def bar(self) -> int:
        """Ticks of a full bar."""
        return TICKS * 4 * self.meter[0] // self.meter[1]

    @property
    def end(self) -> int:
        """The tick at which the last note ends."""
        return max((part.end for part in self.parts), default=0)

    @property
    def bars(self) -> int:
        """How many bars it touches, an incomplete first one among them."""
        rest = max(0, self.end - self.pickup)
        return -(-rest // self.bar) + (1 if self.pickup else 0)

    @property
    def seconds(self) -> float:
        """How long it sounds at its tempo."""
        return self.end / TICKS * 60.0 / self.tempo

    def bar_of(self, tick: int) -> int:
        """The bar, counted from 0, in which a tick lies; an incomplete first bar is bar 0."""
        if not self.pickup:
            return tick // self.bar
        return 0 if tick < self.pickup else 1 + (tick - self.pickup) // self.bar

    def bar_start(self, bar: int) -> int:
        """The tick at which a bar, counted from 0, begins."""
        if not self.pickup:
            return bar * self.bar
        return 0 if bar == 0 else self.pickup + (bar - 1) * self.bar

    def notes(self) -> Iterator[tuple[int, Note]]:
        """Each note with the place of its part, part by part."""
        for place, part in enumerate(self.parts):
            for note in part.notes:
                yield place, note

    def transposed(self, semitones: int) -> Score:
        """The piece that much higher, drums as they are, its key moved along.

        Raises:
            ValueError: a note leaves the range of MIDI.
        """
        parts = tuple(part if part.drums else _moved(part, semitones) for part in self.parts)
        key = None if self.key is None else Key((self.key.tonic + semitones) % 12, self.key.mode)
        return replace(self, parts=parts, key=key)

    def played_by(self, programs: Sequence[int]) -> Score:
        """The piece with a General MIDI program for each part in the place of its own."""
        pairs = zip(self.parts, programs, strict=True)
        return replace(self, parts=tuple(replace(part, program=program) for part, program in pairs))


def part_of(name: str, notes: list[Note], program: int = 0, *, drums: bool = False) -> Part:
    """A part with its notes in order."""
    return Part(name, tuple(sorted(notes)), program, drums)


def _moved(part: Part, semitones: int) -> Part:
    notes = tuple(replace(note, pitch=note.pitch + semitones) for note in part.notes)
    if any(not 0 <= note.pitch <= 127 for note in notes):
        raise ValueError(f"moved by {semitones}, {part.name} leaves the range of MIDI")
    return replace(part, notes=notes)
