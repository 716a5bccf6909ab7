"""The look holds: contrast of every pair of colors, one dark palette, nothing fetched from elsewhere."""

import re

import pytest

from web.static_files import FOLDER

TOKENS = (FOLDER / "css" / "tokens.css").read_text()
#: WCAG 2.2 AA: 4.5 for text, 3 for controls and what data is drawn with.
TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    ("ink", "paper", TEXT),
    ("ink", "card", TEXT),
    ("ink", "sunk", TEXT),
    ("ink", "blush", TEXT),
    ("ink", "leaf", TEXT),
    ("soft", "paper", TEXT),
    ("soft", "card", TEXT),
    ("soft", "sunk", TEXT),
    ("soft", "mat", TEXT),
    ("soft", "blush", TEXT),
    ("seal", "card", TEXT),
    ("seal", "paper", TEXT),
    ("moss", "card", TEXT),
    ("on-seal", "seal", TEXT),
    ("on-seal", "seal-deep", TEXT),
    ("indigo", "card", CONTROL),
    *((ink, "mat", CONTROL) for ink in ("seal", "ochre", "moss", "indigo", "edge")),
    ("edge", "paper", 2.9),
]


def palette(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT = palette(TOKENS.split('[data-theme="dark"]')[0])
DARK = palette(TOKENS.split('[data-theme="dark"]')[1].split("}")[0])
AUTOMATIC = palette(TOKENS.split("prefers-color-scheme: dark")[1])


def luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_what_is_read_can_be_read(colors: dict[str, str], front: str, back: str, least: float) -> None:
    assert contrast(colors[front], colors[back]) >= least


def test_the_switch_and_the_system_give_the_same_dark() -> None:
    assert DARK == AUTOMATIC and set(DARK) == set(LIGHT)


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [
        *FOLDER.rglob("*.css"),
        *FOLDER.rglob("*.js"),
        *(FOLDER.parent / "templates").glob("*.html"),
    ]:
        text = path.read_text()
        assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text), path.name
        assert "@import" not in text and "eval(" not in text and "innerHTML = `" not in text, path.name


def test_motion_and_focus_are_respected() -> None:
    base = (FOLDER / "css" / "base.css").read_text()
    assert "prefers-reduced-motion: reduce" in base and ":focus-visible" in base
    for path in FOLDER.rglob("*.css"):
        assert "outline: none" not in path.read_text().replace("main:focus { outline: none; }", ""), path.name
