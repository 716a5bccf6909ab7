"""The palette's figures on pictures whose colours are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.picture.made_pictures import MADE, SIDE, clouds, grid, lab, polar
from worker.picture.colour import Pixels
from worker.picture.palette import Palette, colourfulness, palette_of
from worker.picture.view import view_of


def palette(rgb: Pixels) -> Palette:
    return palette_of(view_of(rgb))


def test_a_ramp_from_black_to_white_uses_the_whole_scale() -> None:
    x, _ = grid()
    found = palette(lab(100 * x))
    assert found.range == pytest.approx(90, abs=1.5)
    assert (found.darkest, found.lightest) == pytest.approx((5, 95), abs=1)
    assert found.brightness == pytest.approx(0.5, abs=0.01)
    assert (found.darks, found.mids, found.lights) == pytest.approx((0.25, 0.5, 0.25), abs=0.01)
    assert found.contrast == pytest.approx(100 / 12**0.5, abs=0.5)


def test_dark_middle_and_light_make_up_the_picture() -> None:
    for name in ("full", "landscape", "white", "chance"):
        found = palette(MADE[name]())
        assert found.darks + found.mids + found.lights == pytest.approx(1.0)
        assert found.warm + found.cool + found.neutral == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("hue", "sign"), [(55, 1), (30, 1), (85, 1), (235, -1), (260, -1), (210, -1)])
def test_orange_is_warm_and_blue_is_cool(hue: float, sign: int) -> None:
    found = palette(polar(60, 35, hue))
    assert found.temperature * sign > 0.5
    assert (found.warm > 0.99) == (sign > 0)
    assert (found.cool > 0.99) == (sign < 0)


def test_grey_has_no_temperature() -> None:
    found = palette(MADE["grey"]())
    assert abs(found.temperature) < 0.05
    assert found.neutral == 1.0
    assert (found.hues, found.hue_spread) == (0.0, 0.0)


def test_warm_lights_and_cool_shadows_and_the_other_way() -> None:
    assert palette(MADE["warm light"]()).light_shadow_temperature > 0.8
    assert palette(MADE["cool light"]()).light_shadow_temperature < -0.8
    assert palette(MADE["grey"]()).light_shadow_temperature == pytest.approx(0.0, abs=0.05)
    assert palette(MADE["white"]()).light_shadow_temperature == 0.0


def test_saturation_is_mean_chroma() -> None:
    assert palette(polar(60, 30, 40)).saturation == pytest.approx(0.3, abs=0.01)
    assert palette(polar(60, 30, 40)).saturation_deviation == pytest.approx(0.0, abs=0.01)


def test_hues_are_counted_around_the_circle() -> None:
    wheel = palette(MADE["wheel"]())
    assert wheel.hues >= 10
    assert wheel.hue_spread > 0.9
    one = palette(MADE["one hue"]())
    assert one.hues <= 2
    assert one.hue_spread < 0.02


def test_the_largest_colour_is_told_with_its_share() -> None:
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[:70] = (250, 245, 235)
    rgb[70:] = (31, 79, 160)
    found = palette(rgb)
    assert found.main_share == pytest.approx(0.7, abs=0.01)
    assert [one.name for one in found.colours][:2] == ["ivory", "cobalt blue"]


def test_colourfulness_has_the_published_form() -> None:
    assert colourfulness(np.full((4, 4, 3), 99, np.uint8)) == 0.0
    rgb = np.zeros((2, 2, 3), np.uint8)
    rgb[0] = (200, 0, 0)
    rg, yb = np.array([200.0, 200, 0, 0]), np.array([100.0, 100, 0, 0])
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert colourfulness(rgb) == pytest.approx(expected, abs=1e-3)


def test_strong_colour_is_counted() -> None:
    x, _ = grid()
    assert palette(polar(55, np.where(x < 0.25, 60, 5), 40)).strong == pytest.approx(0.25, abs=0.02)


def test_a_palette_is_told_as_swatches() -> None:
    plain = palette(MADE["landscape"]()).to_dict()
    assert set(plain["harmony"]) == {"name", "template", "angle", "fit"}
    for colour in plain["colours"]:
        assert set(colour) == {"hex", "name", "share", "lab"}
        assert colour["hex"].startswith("#") and len(colour["hex"]) == 7
    assert sum(one["share"] for one in plain["colours"]) == pytest.approx(1.0, abs=0.01)


def test_more_contrast_never_lowers_the_figure() -> None:
    values = clouds(1.2, 50)
    found = [palette(lab(50 + strength * values)).contrast for strength in (2, 5, 10, 20)]
    assert found == sorted(found)
    assert found[1] == pytest.approx(5, abs=0.5)
    assert len(values) == SIDE
