"""What is usual in the music that a version was trained on; the starting point of what it composes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.errors import InvalidInput
from worker.music.score import Key, Part, Score


@dataclass(frozen=True)
class Style:
    """Tempo in quarters a minute, meter, programs, names and ranges (lowest and highest pitch) of the parts,
    length in bars, and how many pieces are in each key as (tonic, mode, count).
    """

    tempo: float
    meter: tuple[int, int]
    programs: tuple[int, ...]
    names: tuple[str, ...]
    ranges: tuple[tuple[int, int], ...]
    bars: int
    keys: tuple[tuple[int, str, int], ...]

    def empty(self, *, tempo: float | None = None, key: Key | None = None, title: str = "") -> Score:
        """A piece in this style without a note."""
        parts = tuple(
            Part(name, (), program) for name, program in zip(self.names, self.programs, strict=True)
        )
        return Score(parts, tempo or self.tempo, self.meter, 0, key, title)

    def a_key(self, tonic: int | None, mode: str | None, source: np.random.Generator) -> Key | None:
        """A key as asked for, what is left open drawn as often as it occurs; None when all is left open and
        no key is known.
        """
        if tonic is None and mode is None and not self.keys:
            return None
        fitting = [one for one in self.keys if tonic in (None, one[0]) and mode in (None, one[1])]
        if tonic is not None and mode is not None:
            return Key(tonic, "minor" if mode == "minor" else "major")
        if not fitting:
            # A learned key transposes: any tonic will do, and the commoner mode.
            mode = mode or max(("major", "minor"), key=self._pieces_in)
            return Key(0 if tonic is None else tonic, "minor" if mode == "minor" else "major")
        shares = np.array([count for _, _, count in fitting], dtype=np.float64)
        chosen = fitting[int(source.choice(len(fitting), p=shares / shares.sum()))]
        return Key(chosen[0], "minor" if chosen[1] == "minor" else "major")

    def _pieces_in(self, mode: str) -> int:
        return sum(count for _, found, count in self.keys if found == mode)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``from_dict`` takes back."""
        return {
            "tempo": self.tempo,
            "meter": list(self.meter),
            "programs": list(self.programs),
            "names": list(self.names),
            "ranges": [list(one) for one in self.ranges],
            "bars": self.bars,
            "keys": [list(one) for one in self.keys],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Style:
        """Check a stored description. Raises InvalidInput."""
        try:
            upper, lower = (int(n) for n in data["meter"])
            style = Style(
                tempo=float(data["tempo"]),
                meter=(upper, lower),
                programs=tuple(int(n) for n in data["programs"]),
                names=tuple(str(name) for name in data["names"]),
                ranges=tuple((int(low), int(high)) for low, high in data["ranges"]),
                bars=int(data["bars"]),
                keys=tuple((int(t), str(m), int(n)) for t, m, n in data["keys"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInput("The version's description of its style cannot be read.") from error
        if not style._usable():
            raise InvalidInput("The version's description of its style cannot be used.")
        return style

    def _usable(self) -> bool:
        """Whether pieces can be made of it: MIDI has no slower tempo, and a part needs its three facts."""
        upper, lower = self.meter
        parts = len(self.programs)
        numbers = (*self.programs, *(pitch for one in self.ranges for pitch in one))
        return (
            1 <= upper <= 64
            and lower in (1, 2, 4, 8, 16, 32)
            and 3.58 <= self.tempo <= 1000
            and 1 <= parts == len(self.names) == len(self.ranges)
            and all(0 <= number <= 127 for number in numbers)
            and all(0 <= tonic < 12 and count > 0 for tonic, _, count in self.keys)
        )
