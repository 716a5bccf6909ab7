"""The pictures of a data set in memory, at the size at which the network looks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from shared.errors import BadFile, InvalidInput
from worker.breathing import breathe
from worker.family import Item
from worker.vision.features import squared

MOST_BYTES = 6 << 30


def middle_side(items: Sequence[Item], *, longer: bool = False) -> int:
    """The shorter (or longer) side of the picture in the middle, in pixels; 0 when none is known."""
    pick = max if longer else min
    sides = sorted(pick(item.width, item.height) for item in items if item.width and item.height)
    return sides[len(sides) // 2] if sides else 0


def load_pictures(items: list[Item], pixels: int) -> Tensor:
    """uint8 (n, 3, pixels, pixels), each stretched to a square.

    Raises InvalidInput when they do not fit in memory, BadFile when one cannot be read.
    """
    if len(items) * 3 * pixels**2 > MOST_BYTES:
        raise InvalidInput("So many pictures do not fit in memory at this size.", field="pixels")
    found = torch.empty(len(items), 3, pixels, pixels, dtype=torch.uint8)
    with ThreadPoolExecutor(max_workers=2) as pool:
        # Shrunk in the pool: what waits there to be taken is small.
        for place, levels in enumerate(pool.map(lambda item: squared(read_levels(item.path), pixels), items)):
            found[place] = levels
            breathe()
    return found


def read_levels(path: Path) -> NDArray[np.uint8]:
    """A picture of a data set, uint8 (h, w, 3). Raises BadFile."""
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except (OSError, ValueError) as error:
        raise BadFile(f"{path.name} cannot be read as a picture.") from error
