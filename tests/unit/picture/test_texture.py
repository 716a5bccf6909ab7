"""Texture: scales, directions and slopes of surfaces made on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.picture.made_pictures import MADE, SIDE, clouds, lab, stripes
from worker.picture.colour import Pixels
from worker.picture.texture import Texture, texture_of
from worker.picture.view import view_of


def texture(rgb: Pixels) -> Texture:
    return texture_of(view_of(rgb))


@pytest.mark.parametrize("slope", [0.8, 1.2, 1.6, 2.0])
def test_the_slope_of_the_spectrum_is_the_one_that_was_made(slope: float) -> None:
    assert texture(lab(50 + 10 * clouds(slope, 60))).spectral_slope == pytest.approx(slope, abs=0.15)


def test_a_small_file_does_not_make_forms_larger() -> None:
    values = 50 + 10 * clouds(1.2, 62)
    small = lab(values)[::4, ::4]
    assert texture(small).spectral_slope == pytest.approx(texture(lab(values)).spectral_slope, abs=0.35)


def test_larger_forms_are_coarser_and_have_a_larger_scale() -> None:
    found = [texture(lab(50 + 15 * stripes(30, count))) for count in (40, 20, 10, 5)]
    assert [one.coarseness for one in found] == sorted(one.coarseness for one in found)
    scales = [texture(lab(50 + 12 * clouds(slope, 61))).stroke_scale for slope in (0.3, 0.9, 1.5)]
    assert scales == sorted(scales)


@pytest.mark.parametrize("angle", [10, 60, 90, 150])
def test_stripes_have_their_direction(angle: float) -> None:
    found = texture(lab(50 + 15 * stripes(angle)))
    assert found.direction == pytest.approx(angle, abs=2)
    assert found.direction_strength > 0.9
    assert found.orientation_coherence > 0.9


def test_chance_has_no_direction() -> None:
    found = texture(MADE["chance"]())
    assert found.direction_strength < 0.1
    assert found.roughness > 0.7


def test_an_even_picture_has_no_texture() -> None:
    found = texture(MADE["white"]())
    assert found.flatness == 1.0
    assert found.figures() == {**found.figures(), "entropy": 0.0, "roughness": 0.0, "coarseness": 0.0}
    assert (found.stroke_scale, found.spectral_slope, found.orientation_coherence) == (0.0, 0.0, 0.0)


def test_entropy_counts_how_many_tones_are_used() -> None:
    two = np.zeros((SIDE, SIDE, 3), np.uint8)
    two[: SIDE // 2] = 200
    assert texture(two).entropy == pytest.approx(1.0, abs=0.2)
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(SIDE, 0).repeat(3, 2)
    assert texture(ramp).entropy > 5.6


def test_flat_tones_are_flat() -> None:
    assert texture(MADE["poster"]()).flatness > 0.5
    assert texture(MADE["nature"]()).flatness < 0.1
