"""Saliency: what stands out is found where it is, and nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.picture.made_pictures import MADE, clouds, disc, dots, lab
from worker.picture.colour import lab_of
from worker.picture.saliency import MAP, saliency_of


@pytest.mark.parametrize(
    "place", [(0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.25, 0.7), (0.75, 0.75), (0.2, 0.5), (0.5, 0.8)]
)
@pytest.mark.parametrize("light", [92.0, 8.0])
def test_a_lone_disc_is_the_focus(place: tuple[float, float], light: float) -> None:
    found = saliency_of(lab_of(dots(light, 50, place)))
    assert found.focus == pytest.approx(place, abs=0.08)


def test_a_disc_that_differs_in_colour_only_is_found() -> None:
    spot = disc(0.3, 0.65, 0.06)
    found = saliency_of(lab_of(lab(50 + 2 * clouds(0.8), np.where(spot, 60, 0), np.where(spot, 40, 0))))
    assert found.focus == pytest.approx((0.3, 0.65), abs=0.08)


def test_the_map_is_a_share_of_the_picture() -> None:
    for name in ("landscape", "chance", "icon", "white"):
        found = saliency_of(lab_of(MADE[name]())).map
        assert found.shape == (MAP, MAP)
        assert found.min() >= 0.0
        assert float(found.sum()) == pytest.approx(1.0, abs=1e-4)


def test_where_nothing_stands_out_the_middle_is_told() -> None:
    found = saliency_of(lab_of(MADE["white"]()))
    assert found.focus == (0.5, 0.5)
    assert found.centre == pytest.approx((0.5, 0.5), abs=0.01)
    assert found.rival == pytest.approx(1.0, abs=0.01)


def test_two_alike_are_rivals_and_one_has_none() -> None:
    two = saliency_of(lab_of(dots(95, 45, (0.25, 0.5), (0.75, 0.5))))
    one = saliency_of(lab_of(dots(95, 45, (0.35, 0.5))))
    assert two.rival > 0.8
    assert one.rival < 0.4


def test_the_shape_of_a_picture_does_not_move_its_focus() -> None:
    picture = dots(95, 45, (0.3, 0.6))
    wide = picture[:, ::2]
    assert saliency_of(lab_of(wide)).focus == pytest.approx((0.3, 0.6), abs=0.08)


def test_the_jump_from_edge_to_edge_does_not_stand_out() -> None:
    ramp = np.linspace(5, 95, 256)[None, :].repeat(256, 0)
    found = saliency_of(lab_of(lab(ramp + 2 * clouds(0.8)))).map
    assert float(found[:, :2].sum() + found[:, -2:].sum()) < 0.1
