"""What stands out in a picture: the spectral residual."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from worker.picture.colour import Array
from worker.picture.filters import box, resized, smooth

#: The side of the map; the method's own size.
MAP = 64
#: A picture that varies less than this (deviation in L*, a*, b*) has nothing that stands out.
_EVEN = 0.5
_NEAR = 0.25
_FADE = 10


@dataclass(frozen=True, slots=True)
class Saliency:
    """``map`` is (64, 64), not negative, and sums to 1, whatever the picture's shape; x, y from 0 to 1.

    ``focus`` is where it is highest. ``rival`` is how high it gets at least a quarter of the picture away
    from the focus, compared with the focus: 1 means that two places claim the eye alike.
    """

    map: Array = field(repr=False)
    centre: tuple[float, float]
    focus: tuple[float, float]
    rival: float


def saliency_of(lab: Array) -> Saliency:
    """Hou & Zhang, "Saliency detection: a spectral residual approach", CVPR 2007, on L*, a* and b*.

    Each channel counts by its deviation: the method knows phases only, and would take the noise of a channel
    that hardly varies for as much as the drawing in another. Towards its edges the picture fades into its
    mean before the transform, which would otherwise find the jump from the right edge to the left one.
    """
    found = np.zeros((MAP, MAP), np.float64)
    for channel in range(3):
        values = resized(lab[..., channel], MAP, MAP)
        spread = float(values.std())
        if spread >= _EVEN:
            residual = _residual(values)
            found += spread * residual / residual.sum()
    total = found.sum()
    even = total <= 0
    if even:
        found, total = np.ones_like(found), float(found.size)
    density = smooth((found / total).astype(np.float32), 2)
    density /= density.sum()
    x, y = _grid()
    centre = (float((density * x).sum()), float((density * y).sum()))
    coarse = smooth(density, 2)
    row, column = np.unravel_index(int(np.argmax(coarse)), coarse.shape)
    focus = (0.5, 0.5) if even else (float(x[0, column]), float(y[row, 0]))
    far = np.hypot(x - focus[0], y - focus[1]) > _NEAR
    rival = float(coarse[far].max() / coarse.max())
    return Saliency(density, centre, focus, rival)


def _residual(values: Array) -> Array:
    spectrum = np.fft.fft2((values - values.mean()) * _fading())
    amplitude = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = amplitude - box(amplitude, 1)
    back = np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))
    return np.asarray(np.abs(back) ** 2, np.float32)


@cache
def _fading() -> Array:
    """A Tukey window: 1 inside, falling to nearly 0 over ``_FADE`` pixels at each edge."""
    steps = (np.arange(_FADE) + 0.5) / _FADE
    rising = 0.5 - 0.5 * np.cos(np.pi * steps)
    row = np.concatenate([rising, np.ones(MAP - 2 * _FADE), rising[::-1]])
    return np.asarray(row[:, None] * row[None, :], np.float32)


def _grid() -> tuple[Array, Array]:
    steps = ((np.arange(MAP) + 0.5) / MAP).astype(np.float32)
    return steps[None, :].repeat(MAP, 0), steps[:, None].repeat(MAP, 1)
