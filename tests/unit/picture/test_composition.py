"""The figures of a composition on pictures laid out on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.picture.made_pictures import MADE, clouds, disc, dots, grid, lab
from worker.picture.colour import Pixels
from worker.picture.composition import Composition, composition_of
from worker.picture.view import view_of


def composition(rgb: Pixels) -> Composition:
    return composition_of(view_of(rgb))


def made(name: str) -> Composition:
    return composition(MADE[name]())


def test_a_dot_on_a_third_lies_on_a_third() -> None:
    on, off = composition(dots(95, 45, (1 / 3, 1 / 3))), composition(dots(95, 45, (0.5, 0.5)))
    assert on.focus_distance < 0.06 < off.focus_distance
    assert on.thirds > 0.4 > off.thirds
    assert off.focus_off_centre < 0.05


def test_mirrored_halves_are_found_and_chance_is_not() -> None:
    assert made("formal").symmetry_lr > 0.98
    assert made("formal").symmetry_tb < 0.6
    assert made("reflection").symmetry_tb > 0.98
    assert made("reflection").symmetry_lr < 0.6


def test_turning_a_picture_turns_its_figures() -> None:
    rgb = MADE["left"]()
    one, other = composition(rgb), composition(np.ascontiguousarray(rgb[:, ::-1]))
    assert one.balance_x == pytest.approx(-other.balance_x, abs=1e-4)
    assert one.focus_x == pytest.approx(1 - other.focus_x, abs=0.05)
    assert one.symmetry_lr == pytest.approx(other.symmetry_lr, abs=1e-4)
    assert one.negative_space == pytest.approx(other.negative_space, abs=0.02)


@pytest.mark.parametrize(
    ("name", "x", "y"), [("left", -1, 0), ("right", 1, 0), ("top", 0, -1), ("bottom", 0, 1)]
)
def test_weight_lies_where_it_was_put(name: str, x: int, y: int) -> None:
    found = made(name)
    for value, sign in ((found.balance_x, x), (found.balance_y, y)):
        if sign:
            assert value * sign > 0.12


def test_an_even_picture_is_balanced_and_empty() -> None:
    found = made("white")
    assert (found.balance_x, found.balance_y) == (0.0, 0.0)
    assert found.negative_space == 1.0
    assert found.edge_density == 0.0
    assert found.depth_of_focus == 0.0
    assert found.plain_border == 1.0
    assert (found.subject_lightness, found.subject_chroma) == pytest.approx((0.0, 0.0), abs=1e-3)


def test_edges_are_counted() -> None:
    assert made("chance").edge_density > 0.4
    assert made("soft").edge_density < 0.02


def test_sharpness_in_one_place_is_uneven() -> None:
    assert made("one sharp place").depth_of_focus > made("chance").depth_of_focus + 0.3


def test_quiet_space_is_measured() -> None:
    x, _ = grid()
    found = composition(lab(np.where(x < 0.6, 50.0, 50 + 20 * clouds(0.3))))
    assert found.negative_space == pytest.approx(0.6, abs=0.05)


def test_thirds_of_lightness() -> None:
    found = made("landscape")
    assert found.upper_third_lightness == pytest.approx(85, abs=3)
    assert found.lower_third_lightness == pytest.approx(25, abs=3)
    assert found.ground_lightness == pytest.approx(-60, abs=4)


def test_corners_against_the_whole() -> None:
    assert made("dark corners").corner_lightness < -15
    assert made("light corners").corner_lightness > 15


@pytest.mark.parametrize(("light", "sign"), [(96, 1), (3, -1)])
def test_a_subject_is_lighter_or_darker(light: float, sign: int) -> None:
    found = composition(dots(light, 50, (0.45, 0.6), radius=0.14))
    assert found.subject_lightness * sign > 5


def test_a_subject_is_stronger_in_colour() -> None:
    spot = disc(0.4, 0.6, 0.12)
    found = composition(lab(55 + 3 * clouds(0.8), np.where(spot, 55, 2), np.where(spot, 35, 2)))
    assert found.subject_chroma > 9


def test_a_busy_border_pulls() -> None:
    assert made("busy border").border_pull > 1.5
    assert made("icon").border_pull == pytest.approx(0.0, abs=0.01)


def test_one_place_gathers_more_than_chance() -> None:
    assert made("one third").concentration > 0.28
    assert made("chance").concentration < 0.25


def test_a_picture_keeps_its_aspect() -> None:
    assert composition(np.zeros((50, 200, 3), np.uint8)).aspect == 4.0


def test_pairs_are_told_as_lists() -> None:
    plain = made("landscape").to_dict()
    assert {"balance", "centre", "focus", "symmetry"} <= set(plain)
    assert all(len(plain[name]) == 2 for name in ("balance", "centre", "focus", "symmetry"))
    assert "balance_x" not in plain
