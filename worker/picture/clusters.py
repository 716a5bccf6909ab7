"""The main colours of a picture: k-means in CIELAB, without chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.picture.colour import Array, difference

Floats = npt.NDArray[np.float64]
_MOST, _LEAST = 8, 5
_ROUNDS = 12
#: Two centres nearer than this (CIEDE2000) are one colour, as long as more than ``_LEAST`` are left; centres
#: that hardly differ are one in any case.
_ALIKE, _SAME = 6.0, 2.5
_BITS = 4


def main_colours(lab: Array, rgb: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """The main colours, CIELAB (k, 3), and their shares of the picture (k,), the largest first; k is 1 to 8.

    Pixels are first gathered in cells of 16 levels of red, green and blue; k-means runs on the cells' means.
    It starts at the most common cell and, one after another, at the cell that is common and far from all
    centres so far (k-means++ of Arthur & Vassilvitskii, 2007, with its likeliest draw).
    """
    points, weights = _cells(lab, rgb)
    centres = _starts(points, weights)
    for _ in range(_ROUNDS):
        moved = _moved(points, weights, centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return _merged(centres, _shares(points, weights, centres))


def _cells(lab: Array, rgb: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    high = (rgb.reshape(-1, 3) >> (8 - _BITS)).astype(np.intp)
    code = (high[:, 0] << (2 * _BITS)) | (high[:, 1] << _BITS) | high[:, 2]
    counts = np.bincount(code, minlength=1 << (3 * _BITS)).astype(np.float64)
    filled = np.flatnonzero(counts)
    flat = lab.reshape(-1, 3)
    sums = np.stack([np.bincount(code, flat[:, i], len(counts)) for i in range(3)], -1)
    return sums[filled] / counts[filled, None], counts[filled]


def _squares(points: Floats, centres: Floats) -> Floats:
    apart: Floats = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(-1)
    return apart


def _starts(points: Floats, weights: Floats) -> Floats:
    chosen = [int(np.argmax(weights))]
    nearest = _squares(points, points[chosen])[:, 0]
    while len(chosen) < min(_MOST, len(points)):
        chosen.append(int(np.argmax(nearest * weights)))
        nearest = np.minimum(nearest, _squares(points, points[chosen[-1:]])[:, 0])
    return points[chosen]


def _moved(points: Floats, weights: Floats, centres: Floats) -> Floats:
    owner = np.argmin(_squares(points, centres), 1)
    total = np.bincount(owner, weights, len(centres))
    sums = np.stack([np.bincount(owner, weights * points[:, i], len(centres)) for i in range(3)], -1)
    return np.asarray(np.where(total[:, None] > 0, sums / np.maximum(total, 1e-9)[:, None], centres))


def _shares(points: Floats, weights: Floats, centres: Floats) -> Floats:
    owner = np.argmin(_squares(points, centres), 1)
    return np.asarray(np.bincount(owner, weights, len(centres)) / weights.sum())


def _merged(centres: Floats, shares: Floats) -> tuple[Floats, Floats]:
    centres, shares = centres[shares > 0], shares[shares > 0]
    while len(centres) > 1:
        apart = difference(centres[:, None], centres[None]) + np.where(np.eye(len(centres)), np.inf, 0.0)
        one, other = np.unravel_index(int(np.argmin(apart)), apart.shape)
        bound = _ALIKE if len(centres) > _LEAST else _SAME
        if apart[one, other] >= bound:
            break
        both = shares[one] + shares[other]
        centres[one] = (centres[one] * shares[one] + centres[other] * shares[other]) / both
        shares[one] = both
        centres, shares = np.delete(centres, other, 0), np.delete(shares, other)
    order = np.argsort(-shares, kind="stable")
    return centres[order], shares[order]
