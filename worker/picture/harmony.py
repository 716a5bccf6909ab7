"""Which scheme the hues of a picture keep: templates of the hue circle, fitted by turning.

Cohen-Or, Sorkine, Gal, Leyvand & Xu, "Color harmonization", SIGGRAPH 2006, after Matsuda (1995): a template
is one or two sectors of the hue circle; a picture fits when its hues, weighted by chroma, lie inside them.
Ours turns on the hue circle of CIELAB instead of HSV's, and takes the narrowest template that fits well
enough: the wide ones hold the narrow ones and would always win.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from worker.picture.colour import Array

Floats = npt.NDArray[np.float64]

#: (middle, width) of each sector in degrees, narrow templates first.
TEMPLATES = MappingProxyType(
    {
        "i": ((0.0, 18.0),),
        "I": ((0.0, 18.0), (180.0, 18.0)),
        "V": ((0.0, 93.6),),
        "L": ((0.0, 18.0), (90.0, 79.2)),
        "Y": ((0.0, 93.6), (180.0, 18.0)),
        "T": ((0.0, 180.0),),
        "X": ((0.0, 93.6), (180.0, 93.6)),
    }
)
NAMES = MappingProxyType(
    {
        "i": "a single hue",
        "I": "two opposite hues",
        "V": "neighbouring hues",
        "L": "one hue beside a family a quarter turn away",
        "Y": "neighbouring hues with an opposite accent",
        "T": "one half of the hue circle",
        "X": "two opposite families of hues",
        "N": "hardly any colour",
    }
)
#: Hues that lie this far outside on average (degrees, weighted) still fit.
_FITTING = 3.0
#: Below this mean chroma a picture has no hues to speak of.
_COLOURLESS = 5.0
#: A scheme of two sectors needs this share of the chroma in each.
_VOICE = 0.05
#: Off by this much on average, nothing is left of a scheme.
_LOST = 40.0


@dataclass(frozen=True, slots=True)
class Harmony:
    """``template`` (i, I, V, L, Y, T, X, N) turned by ``angle``; ``distance`` of the hues, both degrees."""

    template: str
    angle: float
    distance: float

    @property
    def name(self) -> str:
        """The template in words."""
        return NAMES[self.template]

    @property
    def width(self) -> float:
        """How much of the hue circle the template covers, in degrees."""
        return sum(width for _, width in TEMPLATES.get(self.template, ()))

    @property
    def fit(self) -> float:
        """1 when every hue lies inside."""
        return max(0.0, 1.0 - self.distance / _LOST)


def harmony_of(hue: Array, chroma: Array) -> Harmony:
    """The narrowest template that fits; else the one that fits best."""
    if float(chroma.mean()) < _COLOURLESS:
        return Harmony("N", 0.0, 0.0)
    weights = _weights(hue, chroma)
    found = []
    for name, apart in _distances().items():
        turned = apart @ weights
        angle = int(np.argmin(turned))
        if _shares(name, angle, weights).min() >= _VOICE:
            found.append(Harmony(name, float(angle), float(turned[angle])))
    fitting = [one for one in found if one.distance <= _FITTING]
    return fitting[0] if fitting else min(found, key=lambda one: one.distance)


def best_angle(template: str, hue: Array, chroma: Array) -> float:
    """By how many degrees a template is turned to fit a picture best."""
    return float(np.argmin(_distances()[template] @ _weights(hue, chroma)))


def _weights(hue: Array, chroma: Array) -> Floats:
    """The share of the chroma at each degree; even where there is none."""
    sums = np.bincount(hue.astype(np.intp).ravel() % 360, chroma.ravel() + 1e-9, 360)
    return np.asarray(sums / sums.sum())


def outside(template: str, angle: float, hue: npt.NDArray[np.floating]) -> Floats:
    """How far each hue lies outside the nearest sector, in degrees: what to add to move it inside."""
    best: Floats | None = None
    for middle, width in TEMPLATES[template]:
        turn = (middle + angle - np.asarray(hue, np.float64) + 180.0) % 360.0 - 180.0
        step = np.sign(turn) * np.maximum(0.0, np.abs(turn) - width / 2)
        best = step if best is None else np.where(np.abs(step) < np.abs(best), step, best)
    assert best is not None
    return best


def _shares(template: str, angle: float, weights: Floats) -> Floats:
    """How much of the chroma lies nearest to each sector."""
    hues = np.arange(360) + 0.5
    apart = [
        np.abs((hues - middle - angle + 180.0) % 360.0 - 180.0) - width / 2
        for middle, width in TEMPLATES[template]
    ]
    return np.asarray(np.bincount(np.argmin(np.stack(apart), 0), weights, len(apart)), np.float64)


@cache
def _distances() -> dict[str, Floats]:
    """For each template, (360 turns, 360 hues): how far the hue lies outside."""
    hues = np.arange(360) + 0.5
    return {
        name: np.stack([np.abs(outside(name, float(angle), hues)) for angle in range(360)])
        for name in TEMPLATES
    }
