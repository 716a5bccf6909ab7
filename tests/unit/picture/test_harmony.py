"""Hue schemes: the one that was painted is found, narrow before wide, with a voice in each sector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.picture.colour import Array
from worker.picture.harmony import NAMES, TEMPLATES, Harmony, best_angle, harmony_of, outside


def hues(*parts: tuple[float, float, float]) -> tuple[Array, Array]:
    """Hues and chroma, (1, n): from each part (middle, width, how many)."""
    rows = [np.linspace(middle - width / 2, middle + width / 2, int(count)) for middle, width, count in parts]
    found = (np.concatenate(rows) % 360).astype(np.float32)[None]
    return found, np.full_like(found, 30.0)


@pytest.mark.parametrize("turn", [0, 75, 200, 330])
@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("i", [(0, 10, 100)]),
        ("I", [(0, 12, 100), (180, 12, 80)]),
        ("V", [(0, 85, 100)]),
        ("L", [(0, 10, 100), (90, 70, 100)]),
        ("Y", [(0, 88, 100), (180, 12, 40)]),
        ("T", [(0, 175, 200)]),
        ("X", [(0, 88, 100), (180, 88, 100)]),
    ],
)
def test_the_painted_scheme_is_found(
    template: str, parts: list[tuple[float, float, float]], turn: float
) -> None:
    found = harmony_of(*hues(*((middle + turn, width, count) for middle, width, count in parts)))
    assert found.template == template
    assert found.fit > 0.9
    assert found.name == NAMES[template]


def test_grey_has_no_hues_to_speak_of() -> None:
    hue, chroma = hues((40, 300, 100))
    found = harmony_of(hue, chroma * 0.1)
    assert (found.template, found.width, found.fit) == ("N", 0.0, 1.0)


def test_all_hues_alike_fit_no_scheme_well() -> None:
    found = harmony_of(*hues((0, 359, 720)))
    assert found.template in ("T", "X")
    assert found.fit < 0.95
    assert found.width >= 180.0


def test_a_hue_alone_is_not_two_opposite_hues() -> None:
    assert harmony_of(*hues((20, 30, 300))).template in ("i", "V")


def test_a_faint_opposite_counts_for_nothing() -> None:
    found = harmony_of(*hues((20, 10, 990), (200, 5, 10)))
    assert found.template == "i"


@given(st.sampled_from(list(TEMPLATES)), st.floats(0, 360), st.floats(0, 360))
def test_what_is_moved_lies_inside(template: str, angle: float, hue: float) -> None:
    moved = np.array([hue + float(outside(template, angle, np.array([hue]))[0])])
    assert abs(float(outside(template, angle, moved)[0])) < 1e-6


@given(st.sampled_from(list(TEMPLATES)), st.floats(0, 360))
def test_the_middle_of_a_sector_needs_no_move(template: str, angle: float) -> None:
    for middle, _ in TEMPLATES[template]:
        assert float(outside(template, angle, np.array([middle + angle]))[0]) == 0.0


def test_a_hue_moves_the_shorter_way() -> None:
    assert float(outside("i", 0.0, np.array([350.0 - 20.0]))[0]) == pytest.approx(21.0)
    assert float(outside("i", 0.0, np.array([30.0]))[0]) == pytest.approx(-21.0)


def test_the_best_turn_is_where_the_hues_are() -> None:
    assert best_angle("i", *hues((120, 8, 50))) == pytest.approx(120.0, abs=6.0)


def test_a_scheme_far_off_has_no_fit() -> None:
    assert Harmony("i", 0.0, 80.0).fit == 0.0
    assert Harmony("i", 0.0, 0.0).fit == 1.0
