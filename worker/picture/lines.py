"""Which way the edges of a picture run, and whether its level or upright lines lean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.picture.colour import Array
from worker.picture.filters import box, gradients

#: Within this many degrees of level, upright or 45 degrees an edge counts as such.
_WITHIN = 15.0
#: Lines that lean by up to this are looked for, in bins of half a degree.
_LEANING, _BIN = 10.0, 0.5
#: A change of less than this (L* a pixel) is no edge.
_FAINT = 1.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Shares of the edges (by strength), 0 to 1; ``tilt`` in degrees, clockwise is positive.

    ``tilt`` is where most of the nearly level and nearly upright edges lie; ``tilt_share`` of them lie within
    one degree of it. Below about 0.4 nothing straight is there and the tilt means nothing.
    """

    horizontals: float
    verticals: float
    diagonals: float
    tilt: float
    tilt_share: float


def lines_of(light: Array) -> Lines:
    """The lines in a picture, from its lightness.

    Directions are those of the structure tensor over a few pixels (Bigun & Granlund, 1987), each with the
    strength of its edge and by how much it is one: single pixels of a slanted line run level and upright.
    """
    right, down = gradients(box(light, 1))
    xx, yy, xy = box(right * right, 2), box(down * down, 2), box(right * down, 2)
    energy = xx + yy
    oriented = np.hypot(xx - yy, 2 * xy)
    strength = oriented / np.sqrt(np.maximum(energy, 1e-6))
    weight = np.where(strength > _FAINT, strength, np.float32(0.0))
    total = float(weight.sum())
    if total < 1.0:
        return Lines(0.0, 0.0, 0.0, 0.0, 0.0)
    # Half the doubled angle is the gradient's; the edge runs across it: 0 degrees is level; y points down.
    angle = np.asarray((np.degrees(np.arctan2(2 * xy, xx - yy)) / 2 + 90.0) % 180.0, np.float32)
    from_level = (angle + 90.0) % 180.0 - 90.0
    off_axis = (angle + 45.0) % 90.0 - 45.0
    horizontals = float(weight[np.abs(from_level) <= _WITHIN].sum()) / total
    verticals = float(weight[np.abs(np.abs(from_level) - 90.0) <= _WITHIN].sum()) / total
    diagonals = float(weight[np.abs(np.abs(off_axis) - 45.0) <= _WITHIN].sum()) / total
    tilt, share = _tilt(off_axis, weight)
    return Lines(horizontals, verticals, diagonals, tilt, share)


def _tilt(off_axis: Array, weight: Array) -> tuple[float, float]:
    near = np.abs(off_axis) <= _LEANING
    total = float(weight[near].sum())
    if total < 1.0:
        return 0.0, 0.0
    count = round(2 * _LEANING / _BIN) + 1
    bins = np.bincount(np.round((off_axis[near] + _LEANING) / _BIN).astype(np.intp), weight[near], count)
    window = np.convolve(bins, np.ones(5), mode="same")
    best = int(np.argmax(window))
    places = np.arange(max(0, best - 2), min(count, best + 3))
    tilt = float((bins[places] * (places * _BIN - _LEANING)).sum() / bins[places].sum())
    return tilt, float(window[best]) / total
