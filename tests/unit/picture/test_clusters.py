"""Main colours: those that were painted, with their shares, whatever comes first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.picture.made_pictures import MADE
from worker.picture.clusters import main_colours
from worker.picture.colour import Pixels, difference, lab_of

COLOURS = st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=4, unique=True)


def colours_of(rgb: Pixels) -> tuple[np.ndarray, np.ndarray]:
    return main_colours(lab_of(rgb), rgb)


def test_three_painted_colours_are_found_with_their_shares() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[:20], rgb[20:30], rgb[30:] = (200, 40, 30), (30, 60, 180), (240, 220, 90)
    found, shares = colours_of(rgb)
    assert list(shares) == [0.5, 0.25, 0.25]
    painted = lab_of(np.array([rgb[0, 0], rgb[25, 0], rgb[35, 0]]))
    assert difference(found[:, None], painted[None]).min(0).max() < 0.01


def test_one_colour_is_one_colour() -> None:
    found, shares = colours_of(np.full((8, 8, 3), 77, np.uint8))
    assert found.shape == (1, 3)
    assert list(shares) == [1.0]


def test_shades_that_hardly_differ_are_one() -> None:
    rgb = np.full((16, 16, 3), 128, np.uint8)
    rgb[:8] = 127
    assert len(colours_of(rgb)[0]) == 1


@given(COLOURS)
def test_shares_fall_and_sum_to_one(colours: list[tuple[int, int, int]]) -> None:
    rgb = np.array(colours * 4, np.uint8).reshape(4, -1, 3)
    found, shares = colours_of(rgb)
    assert 1 <= len(found) <= len(colours)
    assert shares.sum() == pytest.approx(1.0)
    assert np.all(np.diff(shares) <= 1e-12)


@pytest.mark.parametrize("name", MADE)
def test_no_picture_has_more_than_eight_or_two_alike(name: str) -> None:
    found, _ = colours_of(MADE[name]()[::4, ::4])
    assert 1 <= len(found) <= 8
    if len(found) > 1:
        apart = difference(found[:, None], found[None]) + 99 * np.eye(len(found))
        assert apart.min() >= (6.0 if len(found) > 5 else 2.5)


def test_turning_a_picture_over_does_not_change_its_colours() -> None:
    rgb = MADE["landscape"]()
    one, other = colours_of(rgb), colours_of(np.ascontiguousarray(rgb[::-1]))
    assert np.allclose(one[0], other[0], atol=1e-3)
    assert np.allclose(one[1], other[1])
