"""Pieces as pictures: piano rolls, time to the right and pitch upwards, each part in an ink of its own."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from worker.music.score import Score

#: Longest side of a thumbnail, in pixels. Walls of works cut to a square, so it is one.
SIDE = 256

#: The paper of a light page. A picture keeps its paper on a dark page too, as a print does.
_PAPER = (255, 253, 248)
_BAR, _OCTAVE = (232, 224, 210), (243, 238, 228)
#: Seal, ochre, moss, indigo, then inks between them; parts from high to low.
_INKS = (
    (184, 50, 31), (201, 138, 43), (91, 111, 58), (39, 64, 107),
    (122, 74, 110), (62, 124, 122), (146, 96, 60), (109, 102, 92),
)  # fmt: skip
#: How much of its ink a note from the user keeps.
_PALE = 0.42
#: Drawn this much larger and then reduced: edges between pixels come out smooth.
_FINER = 4
#: No fewer semitones than this are shown: a piece of three notes is no wall of ink.
_SPAN = 24
#: Closer than this many pixels, bar lines would be a grey wall: every second, fourth, ... is drawn.
_GAP = 7

#: A passage in ticks, and the place of its part or -1 for all.
Passage = tuple[int, int, int]


def piano_roll(
    score: Score,
    width: int = SIDE,
    height: int = SIDE,
    *,
    given: Sequence[Passage] = (),
) -> bytes:
    """A WebP of a piece, lossless: flat inks, faint bar lines and Cs.

    Args:
        score: what to draw; its first part lies on top.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        given: passages (start, end, part or -1 for all) that came from the user: paler.
    """
    image = Image.new("RGB", (width * _FINER, height * _FINER), _PAPER)
    canvas = _Canvas(score, image)
    canvas.lines()
    for place in reversed(range(len(score.parts))):
        canvas.part(place, given)
    out = io.BytesIO()
    image.resize((width, height), Image.Resampling.BOX).save(
        out, "WEBP", lossless=True, quality=100, method=4
    )
    return out.getvalue()


class _Canvas:
    """A picture with a scale: ticks to columns, pitches to rows."""

    def __init__(self, score: Score, image: Image.Image) -> None:
        self._score = score
        self._draw = ImageDraw.Draw(image)
        self._width, self._height = image.size
        margin = min(image.size) / 24
        pitches = [note.pitch for _, note in score.notes()] or [60]
        spare = max(0, _SPAN - (max(pitches) - min(pitches) + 1)) / 2
        self._top = max(pitches) + 0.5 + spare
        self._row = (self._height - 2 * margin) / (self._top - min(pitches) + 0.5 + spare)
        self._left, self._above = margin, margin
        self._tick = (self._width - 2 * margin) / max(1, score.end)

    def lines(self) -> None:
        """A line at each bar, as many as have room, and one under each C."""
        for pitch in range(0, 128, 12):
            row = _whole(self._y(pitch - 0.5))
            if self._above <= row <= self._height - self._above:
                self._draw.rectangle((0, row, self._width, row + _FINER - 1), _OCTAVE)
        step = 1
        while self._score.bar * self._tick * step < _GAP * _FINER:
            step *= 2
        first = 1 if self._score.pickup else 0
        for bar in range(first, self._score.bars + 1, step):
            column = _whole(self._x(self._score.bar_start(bar)))
            if column < self._width - self._left / 2:
                self._draw.rectangle((column, 0, column + _FINER - 1, self._height), _BAR)

    def part(self, place: int, given: Sequence[Passage]) -> None:
        """The notes of a part."""
        ink = _INKS[place % len(_INKS)]
        pale = tuple(round(_PALE * a + (1 - _PALE) * b) for a, b in zip(ink, _PAPER, strict=True))
        thick = min(self._row * 0.86, self._height / 28)
        for note in self._score.parts[place].notes:
            mine = any(a <= note.start < b and part in (-1, place) for a, b, part in given)
            left, middle = self._x(note.start), self._y(note.pitch)
            # A hair's breadth of paper between a note and the next shows that it is struck anew.
            right = max(left + _FINER, self._x(note.end) - _FINER * 0.75)
            box = (left, middle - thick / 2, right, middle + thick / 2)
            self._draw.rounded_rectangle(box, min(thick, right - left) * 0.3, pale if mine else ink)

    def _x(self, tick: float) -> float:
        return self._left + tick * self._tick

    def _y(self, pitch: float) -> float:
        return self._above + (self._top - pitch) * self._row


def _whole(place: float) -> int:
    """The beginning of the pixel in which a place lies, so that a line of one pixel is one."""
    return int(place) // _FINER * _FINER
