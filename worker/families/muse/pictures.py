"""Pictures as they are compared: what the network sees in them, and their figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.breathing import breathe
from worker.picture.examine import Examination, examine
from worker.vision.features import Eye

from .traits import Colour, Traits

Levels = npt.NDArray[np.uint8]

#: Works are looked at no larger than this: the figures of larger ones would tell of other details.
LARGEST_SIDE = 512
_MOST_COLOURS = 8


def reduced(picture: Levels, side: int = LARGEST_SIDE) -> Levels:
    """A picture (h, w, 3) with its longer side at most ``side``; smaller ones stay as they are."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest <= side:
        return picture
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)


def traits_of(pictures: Sequence[Levels], eye: Eye, side: int = LARGEST_SIDE) -> list[Traits]:
    """The traits of pictures; figures are those at ``side`` pixels."""
    looked = [reduced(picture) for picture in pictures]
    vectors = eye.features(looked)
    found = []
    for picture, vector in zip(looked, vectors, strict=True):
        found.append(_traits(examine(reduced(picture, side)), np.asarray(vector, dtype=np.float32)))
        breathe()
    return found


def _traits(found: Examination, vector: npt.NDArray[np.float32]) -> Traits:
    told = found.to_dict()
    mood, colours = told["mood"], told["palette"]["colours"][:_MOST_COLOURS]
    return Traits(
        vector,
        (float(mood["valence"]), float(mood["arousal"])),
        found.figures(),
        tuple(Colour(*_levels(one["hex"]), share=float(one["share"])) for one in colours),
        (*(str(one["name"]) for one in colours), *(str(word) for word in mood["words"])),
    )


def _levels(code: str) -> tuple[int, int, int]:
    """Levels of "#1a2b3c"."""
    red, green, blue = bytes.fromhex(code.removeprefix("#"))
    return red, green, blue
