"""Reports as files, and the pictures beside them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from worker.family import Product, Request
from worker.music.midi_out import write_midi
from worker.music.roll import SIDE, piano_roll
from worker.music.score import Score

from .pictures import Levels, reduced
from .recipes import recipe_of

JSON, WEBP, MIDI = "application/json", "image/webp", "audio/midi"
_THUMBNAIL, _PICTURE = 384, 1024


def report(request: Request, told: Mapping[str, Any], *, role: str = "output", position: int = 0) -> Product:
    """A report as JSON, with the job that makes it again."""
    kind = str(told["kind"])
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    recipe = recipe_of(request)
    return Product(role, f"{kind}.json", JSON, data, position, recipe=recipe, meta={"kind": kind})


def webp(role: str, picture: Levels, side: int = _PICTURE, *, quality: int = 88) -> Product:
    """A picture with its longer side at most ``side``."""
    small = reduced(picture, side)
    out = io.BytesIO()
    Image.fromarray(small).save(out, "WEBP", quality=quality, method=4)
    return Product(role, f"{role}.webp", WEBP, out.getvalue(), 0, small.shape[1], small.shape[0])


def thumbnail(picture: Levels) -> Product:
    """A small picture of a work."""
    return webp("thumbnail", picture, _THUMBNAIL)


def swatches(palettes: Sequence[Sequence[str]]) -> list[Product]:
    """A small picture of palettes of "#rrggbb", one below the other; nothing of none."""
    if not palettes:
        return []
    image = Image.new("RGB", (_THUMBNAIL, _THUMBNAIL))
    draw = ImageDraw.Draw(image)
    for row, colours in enumerate(palettes):
        top, bottom = (_THUMBNAIL * at // len(palettes) for at in (row, row + 1))
        for place, colour in enumerate(colours):
            left, right = (_THUMBNAIL * at // len(colours) for at in (place, place + 1))
            draw.rectangle((left, top, right - 1, bottom - 1), colour)
    return [thumbnail(np.asarray(image))]


def roll(role: str, score: Score) -> Product:
    """A piece as a piano roll."""
    return Product(role, f"{role}.webp", WEBP, piano_roll(score), 0, SIDE, SIDE)


def midi(role: str, score: Score) -> Product:
    """A piece as a MIDI file."""
    return Product(role, f"{role}.mid", MIDI, write_midi(score))
