"""Small inputs for each family, so that its contract runs in seconds; and a few pictures to train on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.family import Dataset, Item

PICTURES = 24
SIDE = 48


@dataclass(frozen=True)
class Example:
    """``train`` ends after a few steps; ``inputs`` has what an operation needs besides its defaults."""

    train: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)


EXAMPLES = {
    "toy": Example(
        train={"steps": 12, "snapshot_every": 5},
        inputs={"generate": {"count": 2}},
    ),
    "painting_gan": Example(
        train={
            "resolution": 32,
            "kimg": 0.032,
            "batch": 4,
            "width": 0.125,
            "discriminator": "scratch",
            "snapshot_kimg": 0.016,
        },
        inputs={
            "generate": {"count": 2},
            "interpolate": {"frames": 3},
            "neighbours": {"count": 2},
        },
    ),
}


def pictures(folder: Path) -> Dataset:
    """A data set of small colored pictures on disk, half of them labeled one way, half the other."""
    from PIL import Image

    items = []
    for number in range(PICTURES):
        picture = Image.effect_mandelbrot((SIDE, SIDE), (-2, -1.5, 1, 1.5), 10 + number).convert("RGB")
        tinted = Image.blend(picture, Image.new("RGB", (SIDE, SIDE), _color(number)), 0.6)
        path = folder / f"{number}.png"
        tinted.save(path)
        labels = {"kind": "warm" if number % 2 else "cold"}
        items.append(Item(path, path.name, SIDE, SIDE, labels))
    return Dataset("Contract", hashlib.sha256(b"contract").hexdigest(), items)


def _color(number: int) -> tuple[int, int, int]:
    return (40 + 80 * (number % 2) + 4 * number, 90, 200 - 80 * (number % 2) - 3 * number)
