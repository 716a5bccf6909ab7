"""The surface of a picture: how coarse it is, which way its strokes run, how busy it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.picture.colour import Array
from worker.picture.filters import box, gradients, smooth
from worker.picture.parts import scalars
from worker.picture.view import DETAIL, SIDE, View

_SCALES = (1, 2, 4, 8, 16)
_LEVELS = 64


@dataclass(frozen=True, slots=True)
class Texture:
    """``coarseness`` and ``stroke_scale`` are lengths as shares of the longer side.

    ``orientation_coherence`` (0 to 1): how much neighbouring edges run the same way, anywhere;
    ``direction_strength``: how much they do all over the picture, along ``direction`` (degrees, 0 level, 90
    upright). ``entropy`` of lightness in bits, 0 to 6. ``roughness``: the deviation of what is finer than
    about a hundredth of the picture, as a share of the deviation of lightness. ``spectral_slope``: how
    amplitude falls with frequency (about 1 in natural scenes and much of art, Graham & Field 2007).
    ``flatness``: the share without any texture.
    """

    coarseness: float
    stroke_scale: float
    orientation_coherence: float
    direction: float
    direction_strength: float
    entropy: float
    roughness: float
    spectral_slope: float
    flatness: float

    def figures(self) -> dict[str, float]:
        """The scalars."""
        return scalars(self)

    def to_dict(self) -> dict[str, float]:
        """Plain values."""
        return scalars(self)


def texture_of(view: View) -> Texture:
    """The texture of a picture."""
    light = view.light
    right, down = gradients(light)
    coherence, direction, strength = _structure(right, down)
    fine = light - smooth(light, 2)
    spread = float(light.std())
    return Texture(
        coarseness=_coarseness(light),
        stroke_scale=_stroke_scale(light),
        orientation_coherence=coherence,
        direction=direction,
        direction_strength=strength,
        entropy=_entropy(light),
        roughness=min(1.0, float(fine.std()) / spread) if spread > 0.1 else 0.0,
        spectral_slope=_slope(light, min(DETAIL, max(view.size))),
        flatness=float((np.hypot(right, down) < 0.25).mean()),
    )


def _structure(right: Array, down: Array) -> tuple[float, float, float]:
    """Coherence, direction and strength from the structure tensor (Bigun & Granlund, 1987)."""
    xx, yy, xy = box(right * right, 3), box(down * down, 3), box(right * down, 3)
    energy = xx + yy
    total = float(energy.sum())
    if total < 1e-3:
        return 0.0, 0.0, 0.0
    coherence = float(np.hypot(xx - yy, 2 * xy).sum()) / total
    across, along = float((xx - yy).sum()) / total, float(2 * xy.sum()) / total
    # Half the doubled angle is that of the gradient; edges run across it.
    direction = (np.degrees(np.arctan2(along, across)) / 2 + 90.0) % 180.0
    return coherence, float(direction), float(np.hypot(across, along))


def _coarseness(light: Array) -> float:
    """The size at which means of neighbouring squares differ most, averaged where they differ at all.

    Tamura, Mori & Yamawaki, "Textural features corresponding to visual perception", IEEE Transactions on
    Systems, Man and Cybernetics 8, 1978.
    """
    best = np.zeros(light.shape, np.float32)
    size = np.zeros(light.shape, np.float32)
    for scale in _SCALES:
        means = np.pad(box(light, scale), scale, mode="edge")
        inner = slice(scale, -scale)
        across = np.abs(means[inner, 2 * scale :] - means[inner, : -2 * scale])
        down = np.abs(means[2 * scale :, inner] - means[: -2 * scale, inner])
        differ = np.maximum(across, down)
        size = np.where(differ > best, 2.0 * scale, size)
        best = np.maximum(best, differ)
    seen = best > 1.0
    return float(size[seen].mean()) / SIDE if seen.any() else 0.0


def _stroke_scale(light: Array) -> float:
    """How far detail stays alike: the radius at which the autocorrelation of what is finer than an eighth of
    the picture has fallen to a half, doubled."""
    detail = light - smooth(light, 12)
    height, width = detail.shape
    power = np.abs(np.fft.rfft2(detail, (2 * height, 2 * width))) ** 2
    alike = np.fft.irfft2(power, (2 * height, 2 * width))
    if alike[0, 0] < detail.size * 0.01:
        return 0.0
    reach = [_half(alike[0, : width // 2] / alike[0, 0]), _half(alike[: height // 2, 0] / alike[0, 0])]
    return 2.0 * float(np.mean(reach)) / SIDE


def _half(falling: Array) -> float:
    """Where a curve that begins at 1 first crosses a half, between the samples."""
    below = np.flatnonzero(falling < 0.5)
    if not len(below):
        return float(len(falling))
    first = int(below[0])
    before, after = float(falling[first - 1]), float(falling[first])
    return first - 1 + (before - 0.5) / (before - after)


def _entropy(light: Array) -> float:
    counts = np.bincount(np.minimum(light * (_LEVELS / 100.0), _LEVELS - 1).astype(np.intp).clip(0).ravel())
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))


def _slope(light: Array, pixels: int) -> float:
    """Minus the slope of log amplitude over log frequency, from 4 cycles on; 0 if even.

    It ends at a quarter of ``SIDE``, or a third of the picture's own ``pixels``: a small picture holds
    nothing finer, which is no trait of what it shows.
    """
    spread = float(light.std())
    if spread < 0.5:
        return 0.0
    window = np.hanning(light.shape[0])[:, None] * np.hanning(light.shape[1])[None, :]
    amplitude = np.abs(np.fft.rfft2((light - light.mean()) * window))
    rows, columns = np.fft.fftfreq(light.shape[0]) * SIDE, np.fft.rfftfreq(light.shape[1]) * SIDE
    radius = np.round(np.hypot(rows[:, None], columns[None, :])).astype(np.intp)
    count = np.bincount(radius.ravel())
    most = min(SIDE // 4, pixels // 3)
    mean = np.bincount(radius.ravel(), amplitude.ravel()) / np.maximum(count, 1)
    places = np.array([r for r in range(4, most + 1) if r < len(count) and count[r] and mean[r] > 0])
    if len(places) < 4:
        return 0.0
    return float(-np.polyfit(np.log(places), np.log(mean[places]), 1)[0])
