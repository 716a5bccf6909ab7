"""Colour spaces against published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from worker.picture.colour import chroma_of, difference, hex_of, hue_of, lab_of, rgb_of

#: Pairs of Sharma, Wu & Dalal (2005), table 1.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((61.2901, 3.7196, -5.3901), (61.4292, 2.2480, -4.9620), 1.8731),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
LAB = st.tuples(st.floats(0, 100), st.floats(-100, 100), st.floats(-100, 100))


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_the_difference_is_that_of_the_published_pairs(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    assert float(difference(one, other)) == pytest.approx(expected, abs=1e-4)


@given(LAB, LAB)
def test_a_difference_is_the_same_both_ways_and_nought_to_itself(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    # Between opposite hues the formula's mean hue jumps, by its own definition.
    across = one[1] * other[2] - one[2] * other[1]
    if abs(across) > 1e-3:
        assert float(difference(one, other)) == pytest.approx(float(difference(other, one)), abs=1e-6)
    assert float(difference(one, one)) == pytest.approx(0.0, abs=1e-9)
    assert float(difference(one, other)) >= 0.0


def test_differences_broadcast() -> None:
    colours = np.array([[50.0, 0, 0], [60, 10, 0], [70, 0, 20]])
    table = difference(colours[:, None], colours[None])
    assert table.shape == (3, 3)
    assert np.allclose(np.diag(table), 0.0)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_the_corners_of_srgb(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    assert lab_of(np.array(rgb, np.uint8)) == pytest.approx(np.array(expected), abs=0.05)


@given(arrays.arrays(np.uint8, (4, 5, 3)))
def test_there_and_back_is_the_same_picture(rgb: np.ndarray) -> None:
    assert np.array_equal(rgb_of(lab_of(rgb)), rgb)


def test_what_no_screen_shows_is_clipped() -> None:
    assert rgb_of(np.array([50.0, 120.0, -120.0])).dtype == np.uint8
    assert list(rgb_of(np.array([200.0, 0.0, 0.0]))) == [255, 255, 255]
    assert list(rgb_of(np.array([-20.0, 0.0, 0.0]))) == [0, 0, 0]


@pytest.mark.parametrize(("ab", "hue"), [((1, 0), 0), ((0, 1), 90), ((-1, 0), 180), ((0, -1), 270)])
def test_hue_turns_from_red_over_yellow_and_green_to_blue(ab: tuple[int, int], hue: float) -> None:
    assert float(hue_of(np.array([50.0, *ab]))) == pytest.approx(hue)
    assert float(chroma_of(np.array([50.0, *ab]))) == pytest.approx(1.0)


def test_a_colour_is_written_in_hexadecimal() -> None:
    assert hex_of(lab_of(np.array([18, 52, 171], np.uint8))) == "#1234ab"
