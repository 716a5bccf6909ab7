"""Filters: what a mean, a slope and another size are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from worker.picture.filters import box, gradients, resized, smooth
from worker.picture.view import LEAST, SIDE, TILE, TILES, tiles_of, view_of

VALUES = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 100, width=32)
)


@given(VALUES, st.integers(1, 4))
def test_a_box_mean_stays_within_what_it_averages(values: np.ndarray, radius: int) -> None:
    found = box(values, radius)
    assert found.shape == values.shape
    assert found.min() >= values.min() - 1e-3 and found.max() <= values.max() + 1e-3


def test_a_box_mean_is_the_mean_of_the_square() -> None:
    values = np.random.default_rng(1).random((12, 15)).astype(np.float32)
    assert box(values, 2)[6, 7] == pytest.approx(values[4:9, 5:10].mean(), abs=1e-5)


def test_edges_are_repeated() -> None:
    values = np.zeros((1, 5), np.float32)
    values[0, 0] = 3.0
    assert box(values, 1)[0, 0] == pytest.approx(2.0)


def test_smoothing_keeps_an_even_picture() -> None:
    assert np.allclose(smooth(np.full((7, 7), 5.0, np.float32), 3), 5.0)


@pytest.mark.parametrize(("across", "down"), [(2.0, 0.0), (0.0, -3.0), (1.0, 1.0)])
def test_the_gradient_of_a_slope_is_its_steepness(across: float, down: float) -> None:
    y, x = np.mgrid[:9, :9].astype(np.float32)
    right, below = gradients(x * across + y * down)
    assert right[4, 4] == pytest.approx(across)
    assert below[4, 4] == pytest.approx(down)
    assert right.shape == (9, 9)


def test_a_smaller_size_has_the_same_mean() -> None:
    values = np.random.default_rng(2).random((64, 64)).astype(np.float32)
    assert float(resized(values, 8, 8).mean()) == pytest.approx(float(values.mean()), abs=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (700, 3), (30, 20), (1000, 800), (300, 300)])
def test_every_picture_is_looked_at_with_the_same_side(size: tuple[int, int]) -> None:
    view = view_of(np.zeros((*size, 3), np.uint8))
    assert max(view.small.shape[:2]) == SIDE
    assert min(view.small.shape[:2]) >= LEAST
    assert view.size == size[::-1]
    assert view.lab.shape == view.small.shape and view.light.shape == view.chroma.shape == view.hue.shape


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_anything_but_a_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        view_of(picture)


def test_a_small_picture_is_one_tile_and_a_large_one_several() -> None:
    assert [tile.shape for tile in tiles_of(np.zeros((300, 500, 3), np.uint8))] == [(300, 500)]
    many = tiles_of(np.zeros((3000, 2000, 3), np.uint8))
    assert 4 <= len(many) <= TILES
    assert all(tile.shape == (TILE, TILE) for tile in many)


@pytest.mark.parametrize("size", [(40, 60000), (60000, 40), (1100, 1100)])
def test_tiles_of_odd_shapes_lie_within_and_are_few(size: tuple[int, int]) -> None:
    tiles = tiles_of(np.zeros((*size, 3), np.uint8))
    assert 1 <= len(tiles) <= TILES
    assert all(0 < tile.shape[0] <= TILE and 0 < tile.shape[1] <= TILE for tile in tiles)


def test_tiles_begin_where_compression_blocks_do() -> None:
    rgb = np.zeros((2000, 2000, 3), np.uint8)
    rgb[::8] = 255
    assert all(tile[0].min() == 255 for tile in tiles_of(rgb))
