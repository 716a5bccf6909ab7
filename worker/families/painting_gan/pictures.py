"""A data set's pictures in memory at the training's resolution, and which of them are held out for
scoring.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from shared.errors import BadFile, InvalidInput
from worker.breathing import breathe
from worker.family import Item
from worker.selecting import with_label

FEWEST_PICTURES = 12
FEWEST_HELD_OUT = 4
MOST_HELD_OUT = 256
MOST_BYTES = 6 << 30
UNLABELED = "other"


@dataclass(frozen=True)
class Pictures:
    """``pixels`` is uint8 (n, 3, r, r); ``labels`` int64 (n,) indexes ``classes``, and is None without
    classes.

    ``train`` and ``held_out`` are index vectors that share nothing. ``names`` are the items' names.
    """

    pixels: Tensor
    labels: Tensor | None
    classes: tuple[str, ...]
    names: tuple[str, ...]
    train: Tensor
    held_out: Tensor


def to_float(pixels: Tensor) -> Tensor:
    """uint8 levels to float in [-1, 1]."""
    return pixels.float() / 127.5 - 1.0


def to_levels(pictures: Tensor) -> Tensor:
    """Float in [-1, 1] to uint8 levels, rounded half to even as PNG files get them."""
    return ((pictures.float().clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)


def load_pictures(items: list[Item], resolution: int, label: str, only: str) -> Pictures:
    """Decode, crop to the middle square and scale ``items``.

    ``label`` names the label that becomes the class; ``only`` ("name=value") keeps the items with that label.
    Raises InvalidInput when too few pictures are left, BadFile when one cannot be read.
    """
    chosen = with_label(items, only, what="picture")
    if len(chosen) < FEWEST_PICTURES:
        raise InvalidInput(
            f"{len(chosen)} pictures are too few to learn from: at least {FEWEST_PICTURES} are needed, "
            "and a few hundred give much better results.",
            field="dataset", code="too_few_pictures",
        )  # fmt: skip
    if len(chosen) * 3 * resolution**2 > MOST_BYTES:
        raise InvalidInput("So many pictures do not fit in memory at this resolution.", field="resolution")
    classes, labels = _classes(chosen, label)
    with ThreadPoolExecutor(max_workers=2) as pool:
        read = []
        for picture in pool.map(lambda item: _read(item.path, resolution), chosen):
            read.append(picture)
            breathe()
    pixels = torch.stack(read)
    train, held_out = split(len(chosen))
    return Pictures(pixels, labels, classes, tuple(item.name for item in chosen), train, held_out)


def split(count: int) -> tuple[Tensor, Tensor]:
    """Indices to train on and to score against: an eighth, the same ones whatever the training's seed."""
    held = min(MOST_HELD_OUT, max(FEWEST_HELD_OUT, count // 8))
    order = torch.randperm(count, generator=torch.Generator().manual_seed(count))
    return order[held:].sort().values, order[:held].sort().values


def _classes(items: list[Item], label: str) -> tuple[tuple[str, ...], Tensor | None]:
    if not label:
        return (), None
    values = [item.labels.get(label) or UNLABELED for item in items]
    classes = tuple(sorted(set(values)))
    if classes == (UNLABELED,):
        known = ", ".join(sorted({name for item in items for name in item.labels})) or "none"
        raise InvalidInput(
            f"No picture has the label {label!r}; the labels here are: {known}.", field="label"
        )
    if len(classes) > 200:
        raise InvalidInput(f"The label {label!r} has {len(classes)} values; 200 are the most.", field="label")
    return classes, torch.tensor([classes.index(value) for value in values])


def _read(path: Path, resolution: int) -> Tensor:
    try:
        with Image.open(path) as image:
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            box = (left, top, left + side, top + side)
            square = image.convert("RGB").resize((resolution,) * 2, Image.Resampling.LANCZOS, box)
    except (OSError, ValueError) as error:
        raise BadFile(f"{path.name} cannot be read as a picture.") from error
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)
