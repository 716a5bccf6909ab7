"""A picture as the figures look at it: small in CIELAB as a whole, and in tiles for its pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from worker.picture.colour import Array, Pixels, chroma_of, hue_of, lab_of

#: Every picture is looked at as fine as this many pixels of its longer side show, so that the figures of
#: small files and large ones compare (collections are of 64 to 256 pixels), ...
DETAIL = 128
#: ... and brought to this longer side, which leaves filters room; a side is never shorter than ``LEAST``.
SIDE, LEAST = 256, 16
#: Pixels are looked at in so many tiles at most, of this side (a multiple of 8, for JPEG's blocks).
TILES, TILE = 16, 256


@dataclass(frozen=True, slots=True)
class View:
    """``rgb`` as given (h, w, 3); the others with a longer side of ``SIDE``, as fine as ``DETAIL`` pixels."""

    rgb: Pixels = field(repr=False)
    small: Pixels = field(repr=False)
    lab: Array = field(repr=False)
    chroma: Array = field(repr=False)
    hue: Array = field(repr=False)

    @property
    def light(self) -> Array:
        """L*, (h, w)."""
        return self.lab[..., 0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as given."""
        return self.rgb.shape[1], self.rgb.shape[0]


def view_of(rgb: Pixels) -> View:
    """The view of a picture, uint8 (h, w, 3). Raises ValueError for any other array, or an empty one."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise ValueError(f"a picture is uint8 (h, w, 3), not {rgb.dtype} {rgb.shape}")
    height, width = rgb.shape[:2]
    image = Image.fromarray(np.ascontiguousarray(rgb))
    if max(height, width) > DETAIL:
        image = image.resize(_size(width, height, DETAIL), Image.Resampling.BOX)
    small = np.asarray(image.resize(_size(width, height, SIDE), Image.Resampling.BICUBIC))
    lab = lab_of(small)
    return View(rgb, small, lab, chroma_of(lab), hue_of(lab))


def _size(width: int, height: int, side: int) -> tuple[int, int]:
    scale, least = side / max(width, height), LEAST * side // SIDE
    return max(least, round(width * scale)), max(least, round(height * scale))


def tiles_of(rgb: Pixels) -> list[Array]:
    """Luma (0 to 255, ITU-R BT.601) of the picture in full size: whole up to 1 megapixel, else tiles."""
    height, width = rgb.shape[:2]
    if height * width <= TILES * TILE * TILE:
        return [_luma(rgb)]
    rows = max(1, min(TILES, height // TILE, round((TILES * height / width) ** 0.5)))
    columns = max(1, min(width // TILE, TILES // rows))
    return [
        _luma(rgb[y : y + TILE, x : x + TILE]) for y in _starts(height, rows) for x in _starts(width, columns)
    ]


def _starts(length: int, count: int) -> list[int]:
    room = max(0, length - TILE)
    return [int(room * (i + 0.5) / count) // 8 * 8 for i in range(count)]


def _luma(rgb: Pixels) -> Array:
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).convert("L"), np.float32)
