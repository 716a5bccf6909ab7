"""Previews that move colour: CIELAB in, CIELAB out; lightness stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.picture.colour import Array, chroma_of, hue_of
from worker.picture.harmony import TEMPLATES, best_angle, outside
from worker.picture.palette import WARM
from worker.picture.tones import subject_mask

_AXIS = (float(np.cos(np.radians(WARM))), float(np.sin(np.radians(WARM))))


def saturation(lab: Array, factor: float) -> Array:
    """Chroma times ``factor``."""
    return _with_colour(lab, lab[..., 1:] * factor)


def temperature(lab: Array, amount: float) -> Array:
    """Every colour ``amount`` C* towards orange (towards blue where negative), black and white less."""
    return _towards_warm(lab, np.full(lab.shape[:2], amount, np.float32))


def split_tone(lab: Array, amount: float) -> Array:
    """The lights up to ``amount`` C* warmer, the shadows as much cooler."""
    low, middle, high = (float(value) for value in np.percentile(lab[..., 0], (10, 50, 90)))
    return _towards_warm(
        lab, amount * np.clip((lab[..., 0] - middle) / max(1.0, (high - low) / 2), -1.0, 1.0)
    )


def accent(lab: Array, factor: float, turn: float = 0.0) -> Array:
    """Chroma times ``factor`` and hue turned by ``turn`` degrees where most stands out.

    What is nearly grey there gets the main hue first, so that there is an accent at all; elsewhere chroma
    falls a little.
    """
    mask = subject_mask(lab)[..., None] ** 2
    chroma, hue = chroma_of(lab), np.radians(hue_of(lab))
    main = np.arctan2(float((chroma * np.sin(hue)).sum()), float((chroma * np.cos(hue)).sum()))
    given = np.maximum(0.0, 12.0 - chroma)[..., None] * np.array([np.cos(main), np.sin(main)], np.float32)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turning = np.array([[cos, sin], [-sin, cos]], np.float32)
    return _with_colour(
        lab, lab[..., 1:] * 0.9 * (1 - mask) + (lab[..., 1:] + given) @ turning * factor * mask
    )


def recolour(lab: Array, template: str) -> Array:
    """Hues outside a harmony template moved to its nearest border, turned as fits the picture best.

    After Cohen-Or et al., "Color harmonization", 2006. Raises ValueError for an unknown template.
    """
    if template not in TEMPLATES:
        raise ValueError(f"unknown template {template!r}; known are {', '.join(TEMPLATES)}")
    hue, chroma = hue_of(lab), chroma_of(lab)
    angle = np.radians(hue + outside(template, best_angle(template, hue, chroma), hue))
    return _with_colour(lab, chroma[..., None] * np.stack([np.cos(angle), np.sin(angle)], -1))


def _towards_warm(lab: Array, amount: npt.NDArray[np.floating]) -> Array:
    held = amount * (1.0 - np.abs(lab[..., 0] / 50.0 - 1.0) ** 3)
    return _with_colour(lab, lab[..., 1:] + held[..., None] * np.array(_AXIS, np.float32))


def _with_colour(lab: Array, colour: npt.NDArray[np.floating]) -> Array:
    return np.concatenate([lab[..., :1], colour.astype(np.float32)], -1)
