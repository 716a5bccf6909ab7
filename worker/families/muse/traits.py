"""What is known of one work: the same for pictures and music."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float32]

PAINTING, MUSIC = "painting", "music"


@dataclass(frozen=True)
class Colour:
    """A colour of a palette: sRGB levels and its share of the picture, 0 to 1."""

    red: int
    green: int
    blue: int
    share: float

    @property
    def hex(self) -> str:
        """As pages write it: "#1a2b3c"."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


@dataclass(frozen=True)
class Traits:
    """One work as it is compared: ``vector`` (d,) as it was computed, not yet in the space of a collection.

    ``mood`` is (valence, arousal), -1 to 1. ``figures`` are flat and finite. ``words`` can be searched for:
    names of colours and moods. ``motifs`` are patterns of music that works may share; ``facts`` are whole
    numbers that proposals need (voices, bars ...).
    """

    vector: Real
    mood: tuple[float, float]
    figures: dict[str, float]
    colours: tuple[Colour, ...] = ()
    words: tuple[str, ...] = ()
    motifs: tuple[str, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """All but the vector and the figures as JSON values; ``of_plain`` takes them back exactly."""
        return {
            "mood": list(self.mood),
            "colours": [[one.red, one.green, one.blue, one.share] for one in self.colours],
            "words": list(self.words),
            "motifs": list(self.motifs),
            "facts": dict(self.facts),
        }

    @staticmethod
    def of_plain(vector: Real, figures: dict[str, float], plain: Mapping[str, Any]) -> Traits:
        """What ``to_plain`` gave, with its vector and its figures."""
        return Traits(
            vector,
            (plain["mood"][0], plain["mood"][1]),
            figures,
            tuple(Colour(*one) for one in plain["colours"]),
            tuple(plain["words"]),
            tuple(plain["motifs"]),
            plain["facts"],
        )
