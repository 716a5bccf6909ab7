"""The mood that a picture's colours suggest, as valence (sad to happy) and arousal (calm to excited)."""

from __future__ import annotations

from dataclasses import dataclass
from math import tanh
from typing import Any

from worker.music.theory.mood import words_of
from worker.picture.palette import Palette

#: Chroma of 50 C* on average is taken as full saturation: hardly a painting has more.
_FULL = 0.5
_EVEN = 0.15
#: The middle of 648 paintings (see RULE), and how far one usually lies from it.
_PLEASURE, _AROUSAL = (0.48, 0.15), (0.01, 0.12)

RULE = (
    "With brightness B (mean L*, 0 to 1) and saturation S (mean chroma, 1 at 50 C*), pleasure is "
    "0.69 B + 0.22 S and arousal -0.31 B + 0.60 S (Valdez & Mehrabian, 1994); valence = "
    "tanh((pleasure - 0.48) / 0.15) and arousal = tanh((arousal - 0.01) / 0.12), so that the middle of 648 "
    "public-domain paintings is near 0. Only the colours are judged, not what is shown."
)


@dataclass(frozen=True, slots=True)
class Mood:
    """``valence`` and ``arousal`` from -1 to 1, words for them (those of music), and the rule."""

    valence: float
    arousal: float
    words: tuple[str, ...]
    rule: str = RULE

    def figures(self) -> dict[str, float]:
        """The two numbers."""
        return {"valence": self.valence, "arousal": self.arousal}

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.figures(), "words": list(self.words), "rule": self.rule}


def mood_of(palette: Palette) -> Mood:
    """Valdez & Mehrabian, "Effects of color on emotions", J. Experimental Psychology: General 123, 1994.

    Their weights are for single colours shown alone; a picture is judged by its means.
    """
    brightness, saturation = palette.brightness, min(1.0, palette.saturation / _FULL)
    pleasure = 0.69 * brightness + 0.22 * saturation
    arousal = -0.31 * brightness + 0.60 * saturation
    valence = round(tanh((pleasure - _PLEASURE[0]) / _PLEASURE[1]), 3)
    excitement = round(tanh((arousal - _AROUSAL[0]) / _AROUSAL[1]), 3)
    return Mood(valence, excitement, _words(valence, excitement))


def _words(valence: float, arousal: float) -> tuple[str, ...]:
    """The words of music; but where valence is next to 0, only those that speak of arousal."""
    if abs(valence) < _EVEN <= abs(arousal):
        return ("lively", "restless") if arousal > 0 else ("calm", "even")
    return words_of(valence, arousal)
