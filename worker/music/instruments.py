"""Named sets of instruments: which General MIDI program each part of a piece is played with."""

from __future__ import annotations

from dataclasses import dataclass

from worker.music.score import Score

#: The name under which a piece is played with the instruments that it names itself.
WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A set of instruments: ``title`` for people, ``line`` of programs (0 to 127), highest first."""

    title: str
    line: tuple[int, ...]

    def programs(self, count: int) -> tuple[int, ...]:
        """A program for each of ``count`` parts from high to low, spread evenly over the line."""
        if count < 2:
            return self.line[:1] * count
        last = len(self.line) - 1
        return tuple(self.line[(2 * place * last + count - 1) // (2 * (count - 1))] for place in range(count))


INSTRUMENTS: dict[str, Ensemble] = {
    "piano": Ensemble("Piano", (0,)),
    "organ": Ensemble("Church organ", (19,)),
    "choir": Ensemble("Choir", (52,)),
    "strings": Ensemble("String quartet", (40, 40, 41, 42)),
    "orchestra": Ensemble("String orchestra", (48,)),
    "winds": Ensemble("Woodwinds", (73, 68, 71, 70)),
    "brass": Ensemble("Brass", (56, 60, 57, 58)),
    "harpsichord": Ensemble("Harpsichord", (6,)),
    "guitar": Ensemble("Guitar", (24,)),
    "music_box": Ensemble("Music box", (10,)),
}


def programs_for(score: Score, name: str) -> tuple[int, ...]:
    """The program of each part of a piece played by the set ``name``; drums keep theirs.

    Parts count from high to low as they stand in the score.

    Raises:
        KeyError: there is no such set.
    """
    if name == WRITTEN:
        return tuple(part.program for part in score.parts)
    pitched = sum(not part.drums for part in score.parts)
    given = iter(INSTRUMENTS[name].programs(pitched))
    return tuple(part.program if part.drums else next(given) for part in score.parts)
