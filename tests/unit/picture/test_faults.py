"""Technical faults: each grows with what causes it, and clean pictures have none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.picture.made_pictures import MADE, blurred, clouds, compressed, lab
from worker.picture.colour import Pixels
from worker.picture.faults import Faults, blocking_of, faults_of, noise_of
from worker.picture.view import view_of


def faults(rgb: Pixels) -> Faults:
    return faults_of(view_of(rgb))


def codes(rgb: Pixels) -> list[str]:
    return [one["code"] for one in faults(rgb).to_list()]


def grainy(deviation: float, side: int = 256) -> Pixels:
    grain = np.random.default_rng(3).standard_normal((side, side)) * deviation
    return np.asarray(np.clip(np.round(128 + grain), 0, 255)[..., None].repeat(3, 2), np.uint8)


@pytest.mark.parametrize("deviation", [2.0, 5.0, 10.0, 20.0])
def test_noise_is_measured_in_levels(deviation: float) -> None:
    assert faults(grainy(deviation)).noise == pytest.approx(deviation, rel=0.2)


def test_a_smooth_picture_and_a_small_one_have_no_noise() -> None:
    assert faults(MADE["soft"]()).noise < 1.0
    assert noise_of(np.zeros((40, 40), np.float32)) == 0.0


def test_a_pattern_is_not_taken_for_noise_where_a_calm_place_is_left() -> None:
    rgb = MADE["white"]().copy()
    rgb[60:, 60:] = np.kron(np.indices((49, 49)).sum(0) % 2 * 255, np.ones((4, 4)))[..., None]
    assert faults(rgb).noise == 0.0


def test_blocks_grow_with_compression() -> None:
    clean = lab(55 + 18 * clouds(1.4, 43), 8, 12)
    levels = [faults(compressed(clean, quality)).blocking for quality in (95, 30, 10, 4)]
    assert levels[0] < 0.1
    assert levels == sorted(levels)
    assert levels[-1] > 0.5


def test_a_picture_too_small_for_blocks_has_none() -> None:
    assert blocking_of(np.zeros((20, 20), np.float32)) == 0.0


def test_edges_on_the_grid_in_one_direction_are_no_blocks() -> None:
    luma = np.repeat(np.arange(32) % 2 * 200.0, 8)[None, :].repeat(256, 0).astype(np.float32)
    assert blocking_of(luma) == 0.0


def test_blur_grows_with_the_radius() -> None:
    sharp = lab(50 + 25 * clouds(0.6, 44))
    levels = [faults(blurred(sharp, radius)).blur for radius in (0, 1, 3, 6)]
    assert levels == sorted(levels)
    assert levels[0] < 0.2
    assert levels[-1] > 0.5


def test_one_sharp_place_is_enough_not_to_be_blurred() -> None:
    rgb = blurred(MADE["crowd"](), 12).copy()
    rgb[64:192, 64:192] = MADE["crowd"]()[64:192, 64:192]
    assert faults(rgb).blur < 0.3


def test_clipping_is_a_share_of_the_picture() -> None:
    assert faults(MADE["shadows gone"]()).clipped_shadows == pytest.approx(0.6, abs=0.01)
    assert faults(MADE["lights gone"]()).clipped_highlights == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("name", ["icon", "white", "black"])
def test_plain_paper_is_not_clipped(name: str) -> None:
    found = faults(MADE[name]())
    assert (found.clipped_shadows, found.clipped_highlights) == (0.0, 0.0)


def test_the_shorter_side_counts() -> None:
    assert faults(np.zeros((40, 3000, 3), np.uint8)).tiny == 40.0


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("noise", "noise"),
        ("blocks", "blocking"),
        ("shadows gone", "clipped_shadows"),
        ("lights gone", "clipped_highlights"),
        ("out of focus", "blur"),
        ("tiny", "tiny"),
    ],
)
def test_each_fault_is_told_where_it_is(name: str, code: str) -> None:
    (fault,) = [one for one in faults(MADE[name]()).to_list() if one["code"] == code]
    assert set(fault) == {"code", "level", "bound", "text"}
    assert (fault["level"] < fault["bound"]) == (code == "tiny")
    assert fault["text"]


@pytest.mark.parametrize("name", ["landscape", "poster", "dark corners", "accent"])
def test_clean_pictures_have_no_faults(name: str) -> None:
    assert codes(MADE[name]()) == []


def test_large_pictures_are_judged_by_tiles_alike() -> None:
    large = grainy(8.0, 1600)
    assert faults(large).noise == pytest.approx(8.0, rel=0.2)
