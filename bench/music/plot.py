"""Distributions as bars beside each other, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PAPER, INK, PALE = "#faf7f0", "#26221d", "#d9d2c4"
#: Indigo, moss and a grey between paper and ink.
COLORS = ("#2f4b7c", "#7b8f4b", "#b9b0a0")
WIDTH, PANEL, MARGIN, TOP = 1600, 330, 70, 120


@dataclass(frozen=True)
class Panel:
    """``series`` are shares (0 to 1) of each of ``labels``, one row a side."""

    title: str
    labels: Sequence[str]
    series: Sequence[Sequence[float]]


def draw(path: Path, title: str, sides: Sequence[str], panels: Sequence[Panel]) -> None:
    """Write a PNG: a legend, and a panel below another."""
    picture = Image.new("RGB", (WIDTH, TOP + PANEL * len(panels) + 20), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.text((MARGIN, 24), title, INK, _font(34))
    left = MARGIN
    for side, color in zip(sides, COLORS, strict=False):
        pen.rectangle((left, 80, left + 22, 98), color)
        pen.text((left + 32, 76), side, INK, _font(22))
        left += 72 + round(pen.textlength(side, _font(22)))
    for place, panel in enumerate(panels):
        _panel(pen, panel, TOP + PANEL * place)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, optimize=True)


def _panel(pen: ImageDraw.ImageDraw, panel: Panel, top: int) -> None:
    floor, ceiling = top + PANEL - 50, top + 60
    most = max((share for row in panel.series for share in row), default=0.0) or 1.0
    pen.text((MARGIN, top + 14), panel.title, INK, _font(24))
    for share in _ticks(most):
        y = floor - (floor - ceiling) * share / most
        pen.line((MARGIN, y, WIDTH - MARGIN, y), PALE)
        pen.text((MARGIN - 10, y), f"{share:.0%}", INK, _font(17), anchor="rm")
    slot = (WIDTH - 2 * MARGIN) / len(panel.labels)
    bar = slot * 0.8 / len(panel.series)
    for n, label in enumerate(panel.labels):
        left = MARGIN + slot * n + slot * 0.1
        for side, row in enumerate(panel.series):
            height = (floor - ceiling) * row[n] / most
            box = (left + bar * side, floor - height, left + bar * (side + 1) - 1, floor)
            pen.rectangle(box, COLORS[side])
        pen.text((left + slot * 0.4, floor + 8), label, INK, _font(18), anchor="ma")
    pen.line((MARGIN, floor, WIDTH - MARGIN, floor), INK)


def _ticks(most: float) -> list[float]:
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5) if most / step <= 5 or step == 0.5)
    return [step * n for n in range(1, int(most / step) + 1)]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
