"""Confusion matrices as a picture: rows the truth, columns the answer, shaded by shares of the row."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from worker.family import Product

from .card import title_of
from .labels import Head

KIND = "confusion"
_PAPER, _INK, _DEEP = (250, 247, 240), (40, 36, 32), (38, 62, 112)
#: In pixels of a fine screen.
_CELL, _SMALL_CELL, _TITLE, _GAP = 64, 22, 44, 24
#: Classes up to which numbers stand in the cells.
_MOST_LARGE = 16
#: Matrices beside each other.
_ACROSS = 2
_LETTERS = 18

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def confusion_product(heads: Sequence[Head], found: Sequence[Tensor], step: int) -> Product:
    """The matrices of all heads after ``step`` in one picture, so that a film shows them together."""
    image = confusions(heads, found)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return Product(
        "grid",
        f"confusion-{step:06d}.png",
        "image/png",
        target.getvalue(),
        width=image.width,
        height=image.height,
        meta={"kind": KIND, "step": step},
    )


def confusions(heads: Sequence[Head], found: Sequence[Tensor]) -> Image.Image:
    """One matrix int64 (classes, classes) for each head."""
    drawn = [_drawn(head, one) for head, one in zip(heads, found, strict=True)]
    rows = [drawn[start : start + _ACROSS] for start in range(0, len(drawn), _ACROSS)]
    width = max(sum(one.width + _GAP for one in row) for row in rows) - _GAP
    image = Image.new("RGB", (width, sum(max(one.height for one in row) for row in rows)), _PAPER)
    y = 0
    for row in rows:
        x = 0
        for one in row:
            image.paste(one, (x, y))
            x += one.width + _GAP
        y += max(one.height for one in row)
    return image


def _drawn(head: Head, confusion: Tensor) -> Image.Image:
    count = len(head.classes)
    cell, letters = (_CELL, 24) if count <= _MOST_LARGE else (_SMALL_CELL, 17)
    font = ImageFont.load_default(letters)
    names = [_short(name) for name in head.classes]
    margin = round(max(font.getlength(name) for name in names)) + 18
    top = _TITLE + margin
    title = ImageFont.load_default(26)
    width = max(margin + cell * count + 12, round(title.getlength(title_of(head.name))) + 24)
    image = Image.new("RGB", (width, top + cell * count + 12), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((12, _TITLE / 2), title_of(head.name), _INK, title, anchor="lm")
    for place, name in enumerate(names):
        draw.text((margin - 10, top + (place + 0.5) * cell), name, _INK, font, anchor="rm")
        _upright(image, name, (round(margin + (place + 0.5) * cell), top - 8), font)
    shares = confusion.double().numpy() / np.maximum(1, confusion.sum(1, keepdim=True).numpy())
    for row in range(count):
        for column in range(count):
            corner = margin + column * cell, top + row * cell
            _cell(draw, corner, cell, int(confusion[row, column]), float(shares[row, column]), font)
    return image


def _cell(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], side: int, number: int, share: float, font: Font
) -> None:
    x, y = corner
    colour = tuple(round(p + (d - p) * share) for p, d in zip(_PAPER, _DEEP, strict=True))
    draw.rectangle((x, y, x + side - 3, y + side - 3), colour)
    if number and side == _CELL:
        ink = _PAPER if share > 0.65 else _INK
        draw.text((x + side / 2 - 1, y + side / 2 - 1), str(number), ink, font, anchor="mm")


def _upright(image: Image.Image, text: str, foot: tuple[int, int], font: Font) -> None:
    """Write ``text`` upwards from ``foot``."""
    strip = Image.new("RGB", (round(font.getlength(text)) + 4, 30), _PAPER)
    ImageDraw.Draw(strip).text((0, 15), text, _INK, font, anchor="lm")
    turned = strip.rotate(90, expand=True)
    image.paste(turned, (foot[0] - turned.width // 2, foot[1] - turned.height))


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
