"""Previews: each changes what it names and leaves the rest, the same way each time, at any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.picture.made_pictures import MADE, dots
from worker.picture.colour import Pixels, chroma_of, hue_of, lab_of
from worker.picture.examine import examine
from worker.picture.harmony import TEMPLATES, harmony_of
from worker.picture.previews import KINDS, LARGEST, check, preview
from worker.picture.view import view_of

PARAMETERS: dict[str, dict[str, Any]] = {
    "contrast": {"strength": 0.5},
    "lightness": {"amount": 12},
    "lift_shadows": {"amount": 12},
    "lower_lights": {"amount": 12},
    "darken_lower_third": {"amount": 20},
    "vignette": {"amount": 20},
    "spotlight": {"amount": 20},
    "saturation": {"factor": 1.5},
    "temperature": {"amount": -12},
    "split_tone": {"amount": 12},
    "accent": {"factor": 2.0, "turn": 180},
    "recolour": {"template": "I"},
    "soften_surroundings": {"strength": 1.0},
    "soften_border": {"strength": 1.0},
    "smooth": {"strength": 1.0},
    "sharpen": {"strength": 1.5},
    "flatten": {"values": 4},
    "crop_to_thirds": {"least": 0.7},
    "straighten": {},
}


def seen(kind: str, name: str = "landscape", **changes: Any) -> Pixels:
    return preview(MADE[name](), kind, {**PARAMETERS[kind], **changes})


def figure(rgb: Pixels, name: str) -> float:
    return examine(rgb).figures()[name]


def test_every_kind_is_tried_here() -> None:
    assert set(PARAMETERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (7, 5), (64, 300)])
def test_any_size_can_be_previewed(kind: str, size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    found = preview(rgb, kind, PARAMETERS[kind])
    assert found.dtype == np.uint8
    assert found.ndim == 3 and found.shape[2] == 3 and 0 not in found.shape
    if kind not in ("crop_to_thirds", "straighten"):
        assert found.shape == rgb.shape


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_each_time_and_the_picture_stays(kind: str) -> None:
    rgb = MADE["landscape"]()
    before = rgb.copy()
    one, other = (preview(rgb, kind, PARAMETERS[kind]) for _ in range(2))
    assert np.array_equal(one, other)
    assert np.array_equal(rgb, before)
    assert one.flags.c_contiguous


@pytest.mark.parametrize("kind", [one for one in KINDS if one not in ("crop_to_thirds", "straighten")])
def test_something_changes(kind: str) -> None:
    assert not np.array_equal(seen(kind, "nature"), MADE["nature"]())


def test_a_large_picture_comes_back_smaller() -> None:
    assert preview(np.zeros((500, 3000, 3), np.uint8), "contrast", {"strength": 0.1}).shape == (
        171,
        LARGEST,
        3,
    )


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("melt", {}),
        ("contrast", {}),
        ("contrast", {"strength": 1, "colour": "red"}),
        ("straighten", {"angle": 3}),
    ],
)
def test_unknown_kinds_and_parameters_are_refused(kind: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        check(kind, parameters)
    with pytest.raises(ValueError):
        preview(MADE["tiny"](), kind, parameters)


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown template 'Q'"):
        seen("recolour", template="Q")


@pytest.mark.parametrize("strength", [-0.4, 0.6])
def test_contrast(strength: float) -> None:
    before, after = (
        figure(MADE["nature"](), "palette.contrast"),
        figure(seen("contrast", "nature", strength=strength), "palette.contrast"),
    )
    assert after / before == pytest.approx(1 + strength, abs=0.12)


@pytest.mark.parametrize("amount", [-15, 12])
def test_lightness_moves_the_middle_and_keeps_the_ends(amount: float) -> None:
    before, after = MADE["nature"](), seen("lightness", "nature", amount=amount)
    change = figure(after, "palette.brightness") - figure(before, "palette.brightness")
    assert change == pytest.approx(amount / 100, abs=0.04)
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    assert np.array_equal(preview(ends, "lightness", {"amount": amount}), ends)


def test_shadows_are_lifted_more_than_lights() -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None, :, None].repeat(3, 2)
    change = lab_of(preview(ramp, "lift_shadows", {"amount": 16}))[0, :, 0] - lab_of(ramp)[0, :, 0]
    assert change[0] == pytest.approx(16, abs=0.5)
    assert change[-1] == pytest.approx(0, abs=0.5)
    assert np.all(np.diff(change) < 0.5)


def test_lights_are_lowered_more_than_shadows() -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None, :, None].repeat(3, 2)
    change = lab_of(preview(ramp, "lower_lights", {"amount": 12}))[0, :, 0] - lab_of(ramp)[0, :, 0]
    assert change[0] == pytest.approx(0, abs=0.5)
    assert change[-1] == pytest.approx(-12, abs=0.5)
    assert np.all(np.diff(change) < 0.5)


def test_the_lower_third_gets_darker_and_the_upper_stays() -> None:
    before, after = MADE["high key"](), seen("darken_lower_third", "high key", amount=20)
    assert np.abs(lab_of(before)[:80, :, 0] - lab_of(after)[:80, :, 0]).max() < 0.5
    assert float((lab_of(before)[-40:, :, 0] - lab_of(after)[-40:, :, 0]).mean()) == pytest.approx(20, abs=1)


def test_a_vignette_darkens_the_corners_only() -> None:
    before, after = lab_of(MADE["high key"]())[..., 0], lab_of(seen("vignette", "high key"))[..., 0]
    assert before[0, 0] - after[0, 0] > 15
    assert abs(before[128, 128] - after[128, 128]) < 0.5


def test_a_spotlight_falls_on_what_stands_out() -> None:
    rgb = dots(70, 50, (0.3, 0.6))
    change = lab_of(preview(rgb, "spotlight", {"amount": 20}))[..., 0] - lab_of(rgb)[..., 0]
    assert change[154, 77] > 10
    assert change[30, 220] < -3


@pytest.mark.parametrize("factor", [0.5, 1.4])
def test_saturation_scales_chroma_and_keeps_hue(factor: float) -> None:
    before, after = lab_of(MADE["one hue"]()), lab_of(seen("saturation", "one hue", factor=factor))
    assert float(chroma_of(after).mean() / chroma_of(before).mean()) == pytest.approx(factor, abs=0.06)
    assert float(np.median(np.abs(hue_of(after) - hue_of(before)))) < 3


@pytest.mark.parametrize("amount", [-12, 12])
def test_temperature_moves_towards_orange_or_blue(amount: float) -> None:
    change = figure(seen("temperature", "nature", amount=amount), "palette.temperature") - figure(
        MADE["nature"](), "palette.temperature"
    )
    assert change * amount > 0


def test_split_tones_part_light_and_shade() -> None:
    assert figure(seen("split_tone", "grey"), "palette.light_shadow_temperature") > 0.5


def test_an_accent_makes_strong_colour_where_it_counts() -> None:
    before, after = MADE["one third"](), seen("accent", "one third", factor=3.0)
    change = chroma_of(lab_of(after)) - chroma_of(lab_of(before))
    assert change[85, 85] > 10
    assert abs(change[200, 200]) < 3


@pytest.mark.parametrize("template", TEMPLATES)
def test_recolouring_fits_the_template(template: str) -> None:
    view = view_of(seen("recolour", "muted", template=template))
    found = harmony_of(view.hue, view.chroma)
    assert found.width <= sum(width for _, width in TEMPLATES[template]) + 1e-6
    assert found.fit > 0.9


def test_softening_keeps_the_focus_and_quietens_the_rest() -> None:
    before, after = MADE["crowd"](), seen("soften_surroundings", "crowd")
    assert figure(after, "composition.depth_of_focus") > figure(before, "composition.depth_of_focus") + 0.05
    pulls = [figure(MADE["busy border"](), "composition.border_pull")]
    pulls += [
        figure(seen("soften_border", "busy border", strength=s), "composition.border_pull") for s in (1, 2)
    ]
    assert pulls == sorted(pulls, reverse=True)
    assert pulls[1] < 0.8 * pulls[0]


def test_smoothing_takes_grain_out_and_keeps_large_edges() -> None:
    assert figure(seen("smooth", "noise"), "faults.noise") < 0.6 * figure(MADE["noise"](), "faults.noise")
    step = figure(seen("smooth", "landscape"), "composition.ground_lightness")
    assert step == pytest.approx(figure(MADE["landscape"](), "composition.ground_lightness"), abs=1.5)


def test_sharpening_sharpens() -> None:
    assert figure(seen("sharpen", "nature"), "composition.edge_density") > figure(
        MADE["nature"](), "composition.edge_density"
    )


def test_flattening_leaves_so_many_tones() -> None:
    light = lab_of(seen("flatten", "grey", values=3))[..., 0]
    assert len(np.unique(np.round(light))) <= 4
    wide = lab_of(seen("flatten", "grey", values=3, spread=70))[..., 0]
    assert (wide.min(), wide.max()) == pytest.approx((15, 85), abs=1)


def test_a_crop_puts_the_focus_on_a_third_and_keeps_the_shape() -> None:
    rgb = dots(95, 45, (0.5, 0.45))
    found = preview(rgb, "crop_to_thirds", {"least": 0.6})
    assert figure(found, "composition.focus_distance") < 0.1 < figure(rgb, "composition.focus_distance")
    assert found.shape[0] == found.shape[1] >= 0.6 * 256 - 1


@settings(max_examples=15)
@given(st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0.5, 1.0))
def test_a_crop_is_never_smaller_than_asked(x: float, y: float, least: float) -> None:
    found = preview(dots(95, 45, (x, y)), "crop_to_thirds", {"least": least})
    assert min(found.shape[:2]) >= least * 256 - 1


def test_straightening_straightens_and_leaves_no_black_corners() -> None:
    found = preview(MADE["leaning"](), "straighten", {})
    assert abs(figure(found, "composition.tilt")) < 0.6
    assert found.min() > 20
