"""All figures of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.picture.colour import Pixels
from worker.picture.composition import Composition, composition_of
from worker.picture.faults import Faults, faults_of
from worker.picture.mood import Mood, mood_of
from worker.picture.palette import Palette, palette_of
from worker.picture.texture import Texture, texture_of
from worker.picture.view import view_of


@dataclass(frozen=True, slots=True)
class Examination:
    """What the pixels of a picture tell."""

    palette: Palette
    composition: Composition
    texture: Texture
    faults: Faults
    mood: Mood

    def figures(self) -> dict[str, float]:
        """Every scalar by name: "palette.contrast", "composition.thirds", "faults.noise" ...; all finite."""
        parts = {
            "palette": self.palette.figures(),
            "composition": self.composition.figures(),
            "texture": self.texture.figures(),
            "faults": self.faults.figures(),
            "mood": self.mood.figures(),
        }
        return {f"{part}.{name}": value for part, row in parts.items() for name, value in row.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report; of the faults only those past their bound."""
        return {
            "palette": self.palette.to_dict(),
            "composition": self.composition.to_dict(),
            "texture": self.texture.to_dict(),
            "faults": self.faults.to_list(),
            "mood": self.mood.to_dict(),
        }


def examine(rgb: Pixels) -> Examination:
    """Examine a picture, uint8 (h, w, 3), of any size; the same picture gives the same figures, bit for bit.

    Raises ValueError for any other array, or an empty one.
    """
    view = view_of(rgb)
    palette = palette_of(view)
    return Examination(palette, composition_of(view), texture_of(view), faults_of(view), mood_of(palette))
