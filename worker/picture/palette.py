"""The palette of a picture: its main colours, their harmony, and how light, strong and warm they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.picture.clusters import main_colours
from worker.picture.colour import Array, Pixels, hex_of
from worker.picture.harmony import Harmony, harmony_of
from worker.picture.names import names_of
from worker.picture.parts import scalars
from worker.picture.view import View

#: Below this chroma a pixel counts as neutral; above, a hue is strong.
_NEUTRAL, _STRONG = 10.0, 40.0
#: The middle of the warm hues in CIELAB, degrees: orange; the cool ones lie opposite.
WARM = 55.0
_DARK, _LIGHT = 25.0, 75.0


@dataclass(frozen=True, slots=True)
class Colour:
    """A main colour: its name, its place in CIELAB, its share of the picture 0 to 1."""

    name: str
    lab: tuple[float, float, float]
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "hex": hex_of(np.array(self.lab)),
            "name": self.name,
            "share": round(self.share, 4),
            "lab": [round(value, 2) + 0.0 for value in self.lab],
        }


@dataclass(frozen=True, slots=True)
class Palette:
    """Lightness in L* (0 to 100), shares of the picture 0 to 1, temperature -1 cool to 1 warm."""

    colours: tuple[Colour, ...]
    harmony: Harmony
    contrast: float
    range: float
    darkest: float
    lightest: float
    brightness: float
    darks: float
    mids: float
    lights: float
    saturation: float
    saturation_deviation: float
    colourfulness: float
    temperature: float
    warm: float
    cool: float
    neutral: float
    strong: float
    light_shadow_temperature: float
    hues: float
    hue_spread: float
    main_share: float

    def figures(self) -> dict[str, float]:
        """The scalars, how wide the harmony is and how well it fits, and how many colours there are."""
        harmony = {"harmony_fit": round(self.harmony.fit, 6), "harmony_width": self.harmony.width}
        return {**scalars(self), **harmony, "count": float(len(self.colours))}

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        harmony = {
            "name": self.harmony.name,
            "template": self.harmony.template,
            "angle": self.harmony.angle,
            "fit": round(self.harmony.fit, 4),
        }
        return {"colours": [one.to_dict() for one in self.colours], "harmony": harmony, **scalars(self)}


def palette_of(view: View) -> Palette:
    """The palette of a picture."""
    light, chroma, hue = view.light, view.chroma, view.hue
    centres, shares = main_colours(view.lab, view.small)
    colours = tuple(
        Colour(name, (float(c[0]), float(c[1]), float(c[2])), float(share))
        for name, c, share in zip(names_of(centres), centres, shares, strict=True)
    )
    darkest, lightest = (float(v) for v in np.percentile(light, (5, 95)))
    warmth = np.cos(np.radians(hue - WARM))
    coloured = chroma > _NEUTRAL
    darks, lights = float((light < _DARK).mean()), float((light > _LIGHT).mean())
    hues, spread = _hues(hue, chroma)
    return Palette(
        colours,
        harmony_of(hue, chroma),
        contrast=float(light.std()),
        range=lightest - darkest,
        darkest=darkest,
        lightest=lightest,
        brightness=float(light.mean()) / 100.0,
        darks=darks,
        mids=1.0 - darks - lights,
        lights=lights,
        saturation=min(1.0, float(chroma.mean()) / 100.0),
        saturation_deviation=float(chroma.std()) / 100.0,
        colourfulness=colourfulness(view.small),
        temperature=_temperature(chroma, warmth, np.ones_like(coloured)),
        warm=float((coloured & (warmth > 0)).mean()),
        cool=float((coloured & (warmth <= 0)).mean()),
        neutral=float((~coloured).mean()),
        strong=float((chroma > _STRONG).mean()),
        light_shadow_temperature=_lights_against_shadows(light, chroma, warmth),
        hues=hues,
        hue_spread=spread,
        main_share=float(shares[0]),
    )


def colourfulness(rgb: Pixels) -> float:
    """Hasler & Suesstrunk, "Measuring colourfulness in natural images", Proc. SPIE 5007, 2003.

    15 is slightly, 33 moderately, 59 quite and 109 extremely colourful in their scale.
    """
    red, green, blue = (rgb[..., i].astype(np.float32) for i in range(3))
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def _temperature(chroma: Array, warmth: Array, where: npt.NDArray[np.bool_]) -> float:
    # The 5 keeps a grey picture, whose hues are chance, near 0.
    total = float(chroma[where].mean()) + 5.0
    return float((chroma * warmth)[where].mean()) / total


def _lights_against_shadows(light: Array, chroma: Array, warmth: Array) -> float:
    """The temperature of the lightest third minus that of the darkest third."""
    low, high = np.percentile(light, (33.3, 66.7))
    if high - low < 1.0:
        return 0.0
    return _temperature(chroma, warmth, light >= high) - _temperature(chroma, warmth, light <= low)


def _hues(hue: Array, chroma: Array) -> tuple[float, float]:
    """How many of 12 sectors of 30 degrees hold 5 % of the chroma or more; circular variance, 0 to 1."""
    strong = np.where(chroma > _NEUTRAL, chroma, 0.0)
    total = float(strong.sum())
    if total == 0.0:
        return 0.0, 0.0
    sectors = np.bincount((hue.astype(np.intp) % 360 // 30).ravel(), strong.ravel(), 12)
    angle = np.radians(hue)
    mean = np.hypot((strong * np.cos(angle)).sum(), (strong * np.sin(angle)).sum()) / total
    return float((sectors >= 0.05 * total).sum()), max(0.0, 1.0 - float(mean))
