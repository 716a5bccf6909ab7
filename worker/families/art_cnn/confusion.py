"""A confusion matrix as a picture: rows the truth, columns the answer, shaded by shares of the row."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .labels import Head

_PAPER, _INK, _DEEP = (250, 247, 240), (40, 36, 32), (38, 62, 112)
_CELL, _SMALL_CELL, _LABEL, _LETTERS = 34, 12, 130, 18


def confusion_png(head: Head, confusion: Tensor) -> bytes:
    """PNG bytes of a matrix int64 (classes, classes)."""
    count = len(head.classes)
    cell = _CELL if count <= 16 else _SMALL_CELL
    side = _LABEL + cell * count + 12
    image = Image.new("RGB", (side, side), _PAPER)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(12 if cell == _CELL else 9)
    shares = confusion.double().numpy() / np.maximum(1, confusion.sum(1, keepdim=True).numpy())
    for row in range(count):
        y = _LABEL + row * cell
        draw.text((_LABEL - 6, y + cell / 2), _short(head.classes[row]), _INK, font, anchor="rm")
        for column in range(count):
            x = _LABEL + column * cell
            share = float(shares[row, column])
            colour = tuple(round(p + (d - p) * share) for p, d in zip(_PAPER, _DEEP, strict=True))
            draw.rectangle((x, y, x + cell - 2, y + cell - 2), colour)
            number = int(confusion[row, column])
            if number and cell == _CELL:
                ink = _PAPER if share > 0.5 else _INK
                draw.text((x + cell / 2 - 1, y + cell / 2 - 1), str(number), ink, font, anchor="mm")
    for column in range(count):
        _upright(image, _short(head.classes[column]), _LABEL + column * cell + cell // 2, font)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue()


def _upright(
    image: Image.Image, text: str, x: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    strip = Image.new("RGB", (_LABEL - 6, 16), _PAPER)
    ImageDraw.Draw(strip).text((0, 8), text, _INK, font, anchor="lm")
    turned = strip.rotate(90, expand=True)
    image.paste(turned, (x - turned.width // 2, 0))


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
