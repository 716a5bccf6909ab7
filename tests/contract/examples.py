"""Small inputs for each family, so that its contract runs in seconds; and a few pictures to train on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.family import Dataset, Item

PICTURES = 24
SIDE = 48
PIECES = 8


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


def chorales(folder: Path) -> Dataset:
    """A data set of short pieces in four voices, each in a key of its own."""
    from worker.music.midi_out import write_midi
    from worker.music.score import TICKS, Note, Score, part_of

    items = []
    for number in range(PIECES):
        triads = [(0, 4, 7, 12), (0, 5, 9, 12), (-1, 2, 7, 11), (0, 4, 7, 12)]
        voices = []
        for voice, name in enumerate(("Soprano", "Alto", "Tenor", "Bass")):
            octave = (24, 12, 12, -12)[voice]
            notes = [
                Note(beat * TICKS, 48 + number % 5 + octave + triads[beat // 4][3 - voice] - beat % 2, TICKS)
                for beat in range(4 * len(triads))
            ]
            voices.append(part_of(name, notes))
        path = folder / f"{number}.mid"
        path.write_bytes(write_midi(Score(tuple(voices), tempo=100.0)))
        items.append(Item(path, path.name))
    return Dataset("Contract", hashlib.sha256(b"chorales").hexdigest(), items)


@dataclass(frozen=True)
class Example:
    """``train`` ends after a few steps; ``inputs`` has what an operation needs besides its defaults;
    ``works`` makes a small data set in a folder, and ``parent`` names the file there that operations take as
    a work; without one they take a generated result. ``companions`` names, by the operation a field of
    format version asks for, the family that stands beside.
    """

    train: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    works: Callable[[Path], Dataset] = pictures
    parent: str | None = None
    companions: dict[str, str] = field(default_factory=dict)


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
    "art_cnn": Example(
        train={"epochs": 2, "pixels": 64, "network": "small", "batch": 4, "check_every": 3},
        inputs={"evaluate": {"pictures": 8}},
        parent="0.png",
        companions={"generate": "painting_gan"},
    ),
    "muse": Example(
        train={"batch": 8},
        inputs={
            "inspire": {"works": 6, "maker": "maker"},
            "until": {"maker": "maker", "wish": "valence > -2", "keep": 2, "tries": 4},
        },
        parent="0.png",
        companions={"generate": "painting_gan"},
    ),
    "music_rnn": Example(
        train={"steps": 12, "check_every": 5, "batch": 2, "crop": 32, "hidden": 32, "transpose": 2},
        inputs={
            "generate": {"count": 2, "bars": 2},
            "continue": {"bars": 6},
            "harmonise": {"care": 4},
            "inpaint": {"from_bar": 1, "to_bar": 1, "care": 4},
            "variations": {"count": 2, "care": 4},
            "interpolate": {"keep_bars": 1, "bars": 1, "care": 4},
        },
        works=chorales,
        parent="0.mid",
    ),
}
