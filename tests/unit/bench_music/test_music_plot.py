"""Bars stand where and as high as they should."""

from __future__ import annotations

import itertools
from pathlib import Path

from PIL import Image

from bench.music.plot import COLORS, INK, PANEL, PAPER, TOP, WIDTH, Panel, draw


def drawn(path: Path, panels: list[Panel]) -> Image.Image:
    draw(path, "A title", ["ours", "theirs", "floor"], panels)
    with Image.open(path) as picture:
        picture.load()
        return picture.convert("RGB")


def rgb(name: str) -> tuple[int, ...]:
    return tuple(int(name[at : at + 2], 16) for at in (1, 3, 5))


def height(picture: Image.Image, color: str, panel: int) -> list[int]:
    """How many pixels of a color each column of a panel has."""
    top = TOP + PANEL * panel
    part = picture.crop((0, top, picture.width, top + PANEL))
    wanted = rgb(color)
    pixels = part.load()
    assert pixels is not None
    return [sum(pixels[x, y] == wanted for y in range(PANEL)) for x in range(part.width)]


def test_the_picture_has_a_panel_below_another(tmp_path: Path) -> None:
    panel = Panel("One", ["a", "b"], [[0.5, 0.5], [0.2, 0.8], [1.0, 0.0]])
    path = tmp_path / "in" / "a" / "folder.png"
    picture = drawn(path, [panel, panel, panel])
    assert picture.width == WIDTH and picture.height > TOP + 3 * PANEL
    assert picture.getpixel((2, 2)) == rgb(PAPER)


def test_bars_are_as_high_as_their_shares(tmp_path: Path) -> None:
    panel = Panel("One", ["a", "b"], [[0.25, 0.5], [0.5, 0.0], [1.0, 0.1]])
    picture = drawn(tmp_path / "plot.png", [panel])
    first, second, third = (max(height(picture, color, 0)) for color in COLORS)
    assert abs(first / third - 0.5) < 0.03 and abs(second / third - 0.5) < 0.03


def test_sides_stand_beside_each_other_in_order(tmp_path: Path) -> None:
    panel = Panel("One", ["a", "b"], [[1.0, 1.0]] * 3)
    picture = drawn(tmp_path / "plot.png", [panel])
    places = [[x for x, count in enumerate(height(picture, color, 0)) if count > 50] for color in COLORS]
    for one, next_one in itertools.pairwise(places):
        assert min(one) < min(next_one) and not set(one) & set(next_one)
    # Two groups, one in each half.
    assert all(min(x) < WIDTH / 2 < max(x) for x in places)


def test_nothing_at_all_can_be_drawn(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "plot.png", [Panel("One", ["a"], [[0.0], [0.0], [0.0]])])
    assert max(height(picture, COLORS[2], 0)) <= 1
    assert max(height(picture, INK, 0)) > 0
