"""What a maker is after: a mood, a style, an audience."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

#: Each mood as a place (valence, arousal), both -1 to 1. Which quarter a mood lies in follows the circumplex
#: of affect (Russell, "A circumplex model of affect", J. Personality and Social Psychology 39, 1980); how far
#: out it lies is rounded by us, so that a work can reach it.
MOODS = MappingProxyType(
    {
        "calm": (0.4, -0.5),
        "dramatic": (-0.2, 0.6),
        "joyful": (0.6, 0.5),
        "melancholic": (-0.5, -0.4),
        "mysterious": (-0.3, -0.1),
        "energetic": (0.3, 0.7),
        "tender": (0.5, -0.3),
        "solemn": (-0.2, -0.5),
    }
)


@dataclass(frozen=True, slots=True)
class Aim:
    """``mood`` is one of ``MOODS`` or "" for none; ``style`` and ``audience`` are free words or "".

    Raises ValueError for a mood that is not known.
    """

    mood: str = ""
    style: str = ""
    audience: str = ""

    def __post_init__(self) -> None:
        if self.mood and self.mood not in MOODS:
            raise ValueError(f"unknown mood {self.mood!r}; known are {', '.join(MOODS)}")

    @property
    def place(self) -> tuple[float, float] | None:
        """The mood's (valence, arousal), None without a mood."""
        return MOODS[self.mood] if self.mood else None

    def to_dict(self) -> dict[str, str]:
        """The three words."""
        return {"mood": self.mood, "style": self.style, "audience": self.audience}
