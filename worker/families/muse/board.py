"""A board of works, for people who watch a collection being looked at."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from worker.family import Item, Product
from worker.music.midi_in import read_midi
from worker.music.roll import piano_roll

from .traits import MUSIC

_SIDE, _COLUMNS, _ROWS = 96, 8, 4


def board(items: Sequence[Item], media: str, step: int) -> list[Product]:
    """Works taken evenly from ``items`` side by side, as PNG; nothing while there is none."""
    if not items:
        return []
    count = min(len(items), _COLUMNS * _ROWS)
    shown = [items[place * len(items) // count] for place in range(count)]
    columns = min(_COLUMNS, count)
    sheet = Image.new("RGB", (columns * _SIDE, -(-count // columns) * _SIDE), (243, 238, 228))
    for place, item in enumerate(shown):
        tile = _tile(item, media)
        left, top = place % columns * _SIDE, place // columns * _SIDE
        sheet.paste(tile, (left + (_SIDE - tile.width) // 2, top + (_SIDE - tile.height) // 2))
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=6)
    name = f"works-{step:06d}.png"
    return [Product("grid", name, "image/png", out.getvalue(), step, *sheet.size, meta={"step": step})]


def _tile(item: Item, media: str) -> Image.Image:
    if media == MUSIC:
        drawn = piano_roll(read_midi(item.path.read_bytes()).score, _SIDE, _SIDE)
        return Image.open(io.BytesIO(drawn)).convert("RGB")
    with Image.open(item.path) as image:
        tile = image.convert("RGB")
    tile.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return tile
