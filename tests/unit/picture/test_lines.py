"""Directions of edges and how far they lean."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.picture.made_pictures import MADE, lab, stripes
from worker.picture.colour import lab_of
from worker.picture.lines import Lines, lines_of


def lines(angle: float) -> Lines:
    return lines_of(lab_of(lab(53 + 15 * np.tanh(4 * stripes(angle))))[..., 0])


@pytest.mark.parametrize("angle", [0, 4, -8])
def test_level_lines(angle: float) -> None:
    found = lines(angle)
    assert found.horizontals > 0.95
    assert found.verticals < 0.02


@pytest.mark.parametrize("angle", [90, 84, 97])
def test_upright_lines(angle: float) -> None:
    assert lines(angle).verticals > 0.95


@pytest.mark.parametrize("angle", [45, 135, 40])
def test_diagonal_lines(angle: float) -> None:
    found = lines(angle)
    assert found.diagonals > 0.95
    assert found.horizontals + found.verticals < 0.05


@pytest.mark.parametrize("lean", [-5, -2, 0, 1.5, 4, 7])
@pytest.mark.parametrize("base", [0, 90])
def test_the_lean_is_measured_clockwise(base: float, lean: float) -> None:
    found = lines(base + lean)
    assert found.tilt == pytest.approx(lean, abs=0.5)
    assert found.tilt_share > 0.6


def test_edges_by_chance_run_every_way() -> None:
    found = lines_of(lab_of(MADE["chance"]())[..., 0])
    assert found.horizontals == pytest.approx(1 / 6, abs=0.06)
    assert found.verticals == pytest.approx(1 / 6, abs=0.06)
    assert found.diagonals == pytest.approx(1 / 3, abs=0.06)
    assert found.tilt_share < 0.4


def test_without_edges_there_are_no_lines() -> None:
    assert lines_of(np.full((20, 20), 50.0, np.float32)) == Lines(0.0, 0.0, 0.0, 0.0, 0.0)
