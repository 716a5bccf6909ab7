"""Examining any picture: the same figures each time, all finite, all in the catalogue."""

from __future__ import annotations

import json
from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.unit.picture.made_pictures import MADE, chance
from worker.picture.examine import examine
from worker.picture.knowledge import catalogue

SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3))


@pytest.mark.parametrize("name", MADE)
def test_every_figure_is_finite_and_in_the_catalogue(name: str) -> None:
    figures = examine(MADE[name]()).figures()
    assert all(isfinite(value) for value in figures.values())
    assert set(figures) == {one for one in catalogue() if not one.startswith("aim.")}


@settings(max_examples=30)
@given(arrays.arrays(np.uint8, SHAPES))
def test_any_small_picture_can_be_examined(rgb: np.ndarray) -> None:
    examination = examine(rgb)
    assert all(isfinite(value) for value in examination.figures().values())
    json.dumps(examination.to_dict(), allow_nan=False)


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (2, 3), (17, 900), (1300, 1100)])
def test_odd_sizes(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert all(isfinite(value) for value in examine(rgb).figures().values())


def test_the_same_picture_gives_the_same_figures_bit_for_bit() -> None:
    rgb = MADE["landscape"]()
    first = examine(rgb)
    assert examine(rgb.copy()) == first
    assert json.dumps(examine(rgb[::1]).to_dict()) == json.dumps(first.to_dict())


def test_a_picture_that_is_no_row_of_memory_is_examined_alike() -> None:
    wide = np.concatenate([MADE["landscape"](), chance()], 1)
    cut = wide[:, :256]
    assert not cut.flags.c_contiguous
    assert examine(cut) == examine(MADE["landscape"]())


def test_the_picture_itself_stays_as_it_is() -> None:
    rgb = MADE["nature"]()
    before = rgb.copy()
    examine(rgb)
    assert np.array_equal(rgb, before)


def test_a_report_has_its_five_parts() -> None:
    plain = examine(MADE["tiny"]()).to_dict()
    assert set(plain) == {"palette", "composition", "texture", "faults", "mood"}
    assert {"colours", "harmony", "contrast", "temperature", "colourfulness", "saturation"} <= set(
        plain["palette"]
    )
    assert {"thirds", "symmetry", "balance", "centre", "edge_density"} <= set(plain["composition"])
    assert {"coarseness", "orientation_coherence", "stroke_scale", "entropy"} <= set(plain["texture"])
    assert "tiny" in [one["code"] for one in plain["faults"]]
    assert {"valence", "arousal", "words", "rule"} == set(plain["mood"])


@pytest.mark.parametrize("name", ["landscape", "nature", "crowd", "wheel", "poster"])
def test_a_larger_file_of_the_same_picture_has_the_same_figures(name: str) -> None:
    rgb = MADE[name]()
    large = rgb.repeat(4, 0).repeat(4, 1)
    one, other = examine(rgb).figures(), examine(large).figures()
    for figure, value in one.items():
        if not figure.startswith("faults."):
            assert other[figure] == pytest.approx(value, rel=1e-3, abs=1e-3), figure


def test_anything_else_is_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        examine(np.zeros((4, 4), np.uint8))
