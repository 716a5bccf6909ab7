"""What a chord can be in a key: the functions that a reading chooses from, and how they follow each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from worker.music.score import Mode
from worker.music.theory.chords import AUG, DIM, DIM7, DOM7, HALF7, MAJ, MAJ7, MIN, MIN7, QUALITIES, SUS4

Real = npt.NDArray[np.float64]

#: The numeral of a German sixth chord.
GERMAN = "Ger"
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")


@dataclass(frozen=True, slots=True)
class Function:
    """A chord in a key: its root in semitones and letters above the tonic, quality, numeral and role.

    ``role``: T rests, S prepares, D wants to resolve, A is the dominant of another degree, C is a color.
    ``target``: for A, the letter steps of the degree it leads to. ``cost``: how rare it is, in nats.
    """

    semitones: int
    step: int
    quality: int
    numeral: str
    role: str
    cost: float = 0.0
    target: int | None = None

    @property
    def seventh(self) -> bool:
        """Whether it has four notes."""
        return QUALITIES[self.quality].seventh


def numeral(step: int, quality: int, accidental: str = "") -> str:
    """A roman numeral without figures: "V", "viio", "♭II"."""
    kind = QUALITIES[quality]
    letters = _NUMERALS[step]
    return accidental + (letters.lower() if kind.lower else letters) + kind.mark


def _plain(row: tuple[int, int, int, str, float], accidental: str = "") -> Function:
    semitones, step, quality, role, cost = row
    return Function(semitones, step, quality, numeral(step, quality, accidental), role, cost)


#: Semitones above the tonic, letter steps, quality, role, cost.
_IN_MAJOR = (
    (0, 0, MAJ, "T", 0.0), (0, 0, MAJ7, "T", 1.0), (0, 0, SUS4, "T", 1.5), (0, 0, AUG, "C", 3.0),
    (2, 1, MIN, "S", 0.3), (2, 1, MIN7, "S", 0.2), (2, 1, SUS4, "S", 2.5),
    (4, 2, MIN, "C", 0.8), (4, 2, MIN7, "C", 1.5),
    (5, 3, MAJ, "S", 0.1), (5, 3, MAJ7, "S", 0.6), (5, 3, MIN, "S", 1.8), (5, 3, SUS4, "S", 2.5),
    (7, 4, MAJ, "D", 0.0), (7, 4, DOM7, "D", 0.0), (7, 4, SUS4, "D", 1.0), (7, 4, AUG, "D", 2.5),
    (9, 5, MIN, "T", 0.2), (9, 5, MIN7, "T", 0.8),
    (11, 6, DIM, "D", 0.3), (11, 6, HALF7, "D", 0.5), (11, 6, DIM7, "D", 1.5),
    (0, 0, MIN, "T", 2.5), (2, 1, DIM, "S", 1.8), (2, 1, HALF7, "S", 1.5), (7, 4, MIN, "C", 2.5),
)  # fmt: skip
_IN_MINOR = (
    (0, 0, MIN, "T", 0.0), (0, 0, MIN7, "T", 0.9), (0, 0, MAJ, "T", 1.0), (0, 0, SUS4, "T", 1.5),
    (2, 1, DIM, "S", 0.4), (2, 1, HALF7, "S", 0.2), (2, 1, MIN, "S", 1.5), (2, 1, MIN7, "S", 1.8),
    (3, 2, MAJ, "T", 0.6), (3, 2, MAJ7, "T", 1.4), (3, 2, AUG, "D", 1.5),
    (5, 3, MIN, "S", 0.1), (5, 3, MIN7, "S", 0.5), (5, 3, MAJ, "S", 0.8), (5, 3, DOM7, "S", 1.2),
    (7, 4, MAJ, "D", 0.0), (7, 4, DOM7, "D", 0.0), (7, 4, MIN, "C", 0.9), (7, 4, MIN7, "C", 1.5),
    (7, 4, SUS4, "D", 1.0), (7, 4, AUG, "D", 2.5),
    (8, 5, MAJ, "T", 0.3), (8, 5, MAJ7, "S", 0.6), (9, 5, DIM, "C", 1.2), (9, 5, HALF7, "C", 1.3),
    (10, 6, MAJ, "C", 0.6), (11, 6, DIM, "D", 0.1), (11, 6, DIM7, "D", 0.2),
)  # fmt: skip
#: Degrees that can have a dominant of their own: semitones, letter steps, numeral, whether they are minor.
_TARGETS: dict[Mode, tuple[tuple[int, int, str, bool], ...]] = {
    "major": (
        (2, 1, "ii", True),
        (4, 2, "iii", True),
        (5, 3, "IV", False),
        (7, 4, "V", False),
        (9, 5, "vi", True),
    ),
    "minor": (
        (3, 2, "III", False),
        (5, 3, "iv", True),
        (7, 4, "V", True),
        (8, 5, "VI", False),
        (10, 6, "VII", False),
    ),
}
_APPLIED, _APPLIED_RARE = 1.5, 2.5


def _applied(mode: Mode) -> list[Function]:
    taken = {(row[0], row[2]) for row in (_IN_MAJOR if mode == "major" else _IN_MINOR)}
    found = []
    for semitones, step, name, minor in _TARGETS[mode]:
        for above, letters, quality, cost in (
            (7, 4, MAJ, _APPLIED),
            (7, 4, DOM7, _APPLIED),
            (11, 6, DIM, _APPLIED),
            (11, 6, DIM7, _APPLIED if minor else _APPLIED_RARE),
            (11, 6, HALF7, _APPLIED_RARE if minor else _APPLIED),
        ):
            root, place = (semitones + above) % 12, (step + letters) % 7
            if (root, quality) in taken:
                continue
            title = f"{numeral(letters, quality)}/{name}"
            found.append(Function(root, place, quality, title, "A", cost, step))
    return found


@cache
def functions(mode: Mode) -> tuple[Function, ...]:
    """All functions of a mode, the plain ones first; no two have the same root and quality."""
    rows = _IN_MAJOR if mode == "major" else _IN_MINOR
    own = [_plain(row) for row in rows]
    own.append(Function(1, 1, MAJ, "♭II", "S", 2.0 if mode == "minor" else 3.0))
    sixth = (8, 5, DOM7)
    if mode == "major":
        own.append(Function(*sixth, GERMAN, "S", 2.5))
        own += [Function(8, 5, MAJ, "♭VI", "C", 2.5), Function(3, 2, MAJ, "♭III", "C", 2.5)]
        own += [Function(10, 6, MAJ, "♭VII", "C", 2.0)]
    else:
        own.append(Function(*sixth, GERMAN, "S", 2.0))
    return tuple(own + _applied(mode))


#: What it gains or costs, in nats, when a chord of one role is followed by one of another.
_ROLES = {
    "TT": -0.7, "TS": 0.3, "TD": 0.1, "TC": -0.8, "TA": -0.1,
    "ST": -0.1, "SS": -0.3, "SD": 0.7, "SC": -1.1, "SA": -0.1,
    "DT": 0.8, "DS": -1.0, "DD": 0.0, "DC": -1.3, "DA": -0.6,
    "CT": -0.3, "CS": 0.1, "CD": -0.3, "CC": -1.1, "CA": -0.4,
    "AT": -1.1, "AS": -1.1, "AD": -1.1, "AC": -1.1, "AA": -0.7,
}  # fmt: skip
_RESOLVED = 1.3
#: A seventh that passes through a chord that sounds already.
_SEVENTH = 0.5


@cache
def transitions(mode: Mode) -> Real:
    """What it gains, in nats, that a function follows another, (F, F): what follows costs its rarity too."""
    own = functions(mode)
    table = np.empty((len(own), len(own)))
    for row, before in enumerate(own):
        for column, after in enumerate(own):
            table[row, column] = _ROLES[before.role + after.role] - after.cost
            if before.role == "A" and before.target == after.step and after.role != "A":
                table[row, column] = _RESOLVED - after.cost
            if before.semitones == after.semitones and after.seventh and not before.seventh:
                table[row, column] = _SEVENTH - after.cost
    return table
