"""Previews that move lightness: CIELAB in, CIELAB out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.picture.colour import Array
from worker.picture.filters import resized, smooth
from worker.picture.saliency import saliency_of


def contrast(lab: Array, strength: float) -> Array:
    """Lightness ``strength`` times further from its median (nearer where negative)."""
    middle = float(np.median(lab[..., 0]))
    return with_light(lab, middle + (lab[..., 0] - middle) * (1.0 + strength))


def lightness(lab: Array, amount: float) -> Array:
    """The middle values lighter by ``amount`` L* (darker where negative); black and white stay."""
    return with_light(lab, lab[..., 0] + amount * _middling(lab[..., 0]))


def lift_shadows(lab: Array, amount: float) -> Array:
    """Black lighter by ``amount`` L*, the middle by a quarter of it, white not at all."""
    return with_light(lab, lab[..., 0] + amount * (1.0 - lab[..., 0] / 100.0) ** 2)


def lower_lights(lab: Array, amount: float) -> Array:
    """White darker by ``amount`` L*, the middle by a quarter of it, black not at all."""
    return with_light(lab, lab[..., 0] - amount * (lab[..., 0] / 100.0) ** 2)


def darken_lower_third(lab: Array, amount: float) -> Array:
    """The lower third darker by up to ``amount`` L*, beginning softly at the middle of the picture."""
    down = np.linspace(0.0, 1.0, lab.shape[0], dtype=np.float32)[:, None]
    return _darker(lab, amount * _step((down - 0.5) / 0.25))


def vignette(lab: Array, amount: float) -> Array:
    """The corners darker by up to ``amount`` L*."""
    height, width = lab.shape[:2]
    down = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    return _darker(lab, amount * _step((np.hypot(down, across) / np.sqrt(2.0) - 0.45) / 0.5))


def spotlight(lab: Array, amount: float) -> Array:
    """What stands out lighter by up to ``amount`` L*, the rest darker by up to half of it."""
    change = amount * (1.5 * subject_mask(lab) - 0.5)
    return with_light(lab, lab[..., 0] + change * (0.4 + 0.6 * _middling(lab[..., 0])))


def subject_mask(lab: Array) -> Array:
    """1 where most stands out, falling softly to about 0."""
    height, width = lab.shape[:2]
    small = np.stack([resized(lab[..., i], min(height, 256), min(width, 256)) for i in range(3)], -1)
    coarse = smooth(saliency_of(small).map, 2)
    low, high = (float(value) for value in np.percentile(coarse, (40, 98)))
    if high - low < 1e-9:
        return np.zeros((height, width), np.float32)
    return _step((resized(coarse, height, width) - low) / (high - low))


def with_light(lab: Array, light: npt.NDArray[np.floating]) -> Array:
    """The picture with another L*, kept within 0 to 100; what gets darker loses chroma in proportion."""
    light = np.clip(light, 0.0, 100.0)
    kept = np.minimum(1.0, (light + 5.0) / (lab[..., 0] + 5.0))
    return np.stack([light, lab[..., 1] * kept, lab[..., 2] * kept], -1).astype(np.float32)


def _darker(lab: Array, by: npt.NDArray[np.floating]) -> Array:
    light = lab[..., 0]
    return with_light(lab, light - np.minimum(by, 0.8 * light))


def _middling(light: Array) -> Array:
    """1 at middle lightness, 0 at black and white."""
    return np.asarray(1.0 - (light / 50.0 - 1.0) ** 2, np.float32)


def _step(values: npt.NDArray[np.floating]) -> Array:
    """0 below 0, 1 above 1, smooth between."""
    inside = np.clip(values, 0.0, 1.0)
    return np.asarray(inside * inside * (3.0 - 2.0 * inside), np.float32)
