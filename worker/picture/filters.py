"""Small filters on arrays of (height, width): box mean, smoothing, gradients, resizing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.picture.colour import Array


def box(values: Array, radius: int) -> Array:
    """The mean over a square of 2 ``radius`` + 1; edges are repeated."""
    size = 2 * radius + 1
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(values, width, mode="edge"), axis=axis, dtype=np.float64)
        within = sums[size:] - sums[:-size] if axis == 0 else sums[:, size:] - sums[:, :-size]
        values = (within / size).astype(np.float32)
    return values


def smooth(values: Array, radius: int) -> Array:
    """Nearly a Gaussian with a deviation of about 1.2 ``radius``: two box means."""
    return box(box(values, radius), radius)


def gradients(values: Array) -> tuple[Array, Array]:
    """Sobel's derivatives (to the right, downwards) in units a pixel, same shape; edges are repeated."""
    p = np.pad(values, 1, mode="edge")
    across = p[:-2] + 2 * p[1:-1] + p[2:]
    down = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    right, below = (across[:, 2:] - across[:, :-2]) / 8, (down[2:] - down[:-2]) / 8
    return np.asarray(right, np.float32), np.asarray(below, np.float32)


def resized(values: npt.NDArray[np.floating], height: int, width: int) -> Array:
    """The array at another size: area means downwards, cubic upwards."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    smaller = height <= values.shape[0] and width <= values.shape[1]
    how = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    return np.asarray(image.resize((width, height), how), np.float32)
