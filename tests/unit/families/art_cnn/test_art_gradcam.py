"""Where the network looked: on planted patches, gone with the weights, and it matters."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import spearmanr
from torch import Tensor

from tests.unit.families.art_cnn.support import (
    HEADS,
    KINDS,
    PATCH,
    SIDE,
    Levels,
    Planted,
    config_of,
    planted_set,
    random_network,
)
from worker.families.art_cnn.gradcam import SIDE as OVERLAY_SIDE
from worker.families.art_cnn.gradcam import heat, overlay_png
from worker.families.art_cnn.loaded import LoadedJudge
from worker.families.art_cnn.network import ArtNetwork
from worker.vision.features import squared

#: Pictures that were not learned from.
UNSEEN = planted_set(24, seed=900)
#: Pixels along a side at which hot places are compared with pixels.
FINE = 64


def maps_of(network: ArtNetwork, picture: Levels) -> Tensor:
    pixels = squared(picture, network.config.pixels)
    with torch.no_grad():
        return network.maps(pixels[None].float() / 127.5 - 1.0)[0]


def style_heat(network: ArtNetwork, one: Planted) -> Tensor:
    """The heat of the planted kind."""
    answer = list(KINDS).index(one.kind)
    return heat(network, maps_of(network, one.levels), [answer, 0])[0]


def fine(cam: Tensor) -> Tensor:
    found = torch.nn.functional.interpolate(cam[None, None], size=(FINE, FINE), mode="bicubic")
    return found[0, 0]


def test_it_points_at_the_planted_patch(judge: LoadedJudge) -> None:
    """The pointing game of Zhang et al. 2016, with half a cell of tolerance."""
    hits = 0
    for one in UNSEEN:
        place = int(fine(style_heat(judge.version.network, one)).argmax())
        y, x = place // FINE, place % FINE
        slack = SIDE // 10
        hits += -slack <= x - one.left < PATCH + slack and -slack <= y - one.top < PATCH + slack
    chance = (PATCH + 12) ** 2 / SIDE**2
    assert chance < 0.3 and hits >= 0.8 * len(UNSEEN)


def _new_heads(network: ArtNetwork) -> None:
    torch.nn.init.normal_(network.heads.weight, std=float(network.heads.weight.std()))


def _shuffled_trunk(network: ArtNetwork) -> None:
    """Every weight of the trunk at another place: the same numbers, none of what was learned."""
    for module in network.trunk.modules():
        for value in module.buffers(recurse=False):
            value.copy_(value.flatten()[torch.randperm(value.numel())].reshape(value.shape))


@pytest.mark.parametrize("disturb", [_new_heads, _shuffled_trunk])
def test_randomised_weights_give_another_map(
    judge: LoadedJudge, disturb: Callable[[ArtNetwork], None]
) -> None:
    """The sanity check of Adebayo et al. 2018, by rank correlation: a map of edges alone would stay."""
    network = judge.version.network
    likeness, sameness = [], []
    for seed, one in enumerate(UNSEEN[:12]):
        torch.manual_seed(seed)
        other = copy.deepcopy(network)
        with torch.no_grad():
            disturb(other)
        ours, theirs = (fine(style_heat(each, one)).flatten().numpy() for each in (network, other))
        again = fine(style_heat(copy.deepcopy(network), one)).flatten().numpy()
        if np.ptp(theirs) > 0:
            likeness.append(float(spearmanr(ours, theirs).statistic))
        sameness.append(float(spearmanr(ours, again).statistic))
    assert min(sameness) > 0.999
    assert len(likeness) >= 6 and abs(float(np.mean(likeness))) < 0.35


def _probability(judge: LoadedJudge, levels: Levels, kind: str) -> float:
    (seen,) = judge.look([levels])
    return float(seen.probabilities[0][list(KINDS).index(kind)])


def _greyed(levels: Levels, places: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Levels:
    out = levels.copy()
    out[places] = 128
    return out


def test_without_its_hottest_fifth_a_picture_is_no_longer_recognized(judge: LoadedJudge) -> None:
    """The deletion test of Petsiuk et al. 2018, against as large a square anywhere."""
    source = np.random.default_rng(4)
    hot, anywhere = [], []
    for one in UNSEEN[:12]:
        cam = fine(style_heat(judge.version.network, one)).numpy()
        before = _probability(judge, one.levels, one.kind)
        hottest = cam >= np.quantile(cam, 0.8)
        hot.append(before - _probability(judge, _greyed(one.levels, hottest), one.kind))
        side = round(SIDE * 0.2**0.5)
        left, top = source.integers(0, SIDE - side, 2)
        some = np.zeros((SIDE, SIDE), bool)
        some[top : top + side, left : left + side] = True
        anywhere.append(before - _probability(judge, _greyed(one.levels, some), one.kind))
    assert float(np.mean(hot)) > 0.25 and float(np.mean(hot)) > 2 * float(np.mean(anywhere))


def test_it_is_the_gradient_by_the_maps_summed_over_what_is_seen() -> None:
    """Grad-CAM by its definition, with a backward pass, for the answer against the mean of all answers."""
    network = random_network(config_of())
    maps = torch.rand(256, 4, 4)
    for place, (answer, head) in enumerate(zip((2, 1), HEADS, strict=True)):
        seen = maps.clone().requires_grad_(True)
        logits = network.by_head(network.answers(seen.mean(dim=(1, 2))))[place]
        (logits[answer] - logits.mean()).backward()  # type: ignore[no-untyped-call]
        assert seen.grad is not None and len(logits) == len(head.classes)
        weights = seen.grad.mean(dim=(1, 2))
        expected = torch.einsum("c,chw->hw", weights, maps).clamp_min(0)
        found = heat(network, maps, [2, 1])[place]
        assert torch.allclose(found, expected / expected.max().clamp_min(1e-9), atol=1e-4)


def test_heat_lies_between_nothing_and_one_and_nothing_stays_nothing() -> None:
    network = random_network(config_of()).folded()
    for one in heat(network, torch.rand(256, 3, 5), [0, 0]):
        assert one.shape == (3, 5) and float(one.min()) >= 0 and float(one.max()) in (0.0, 1.0)
    for one in heat(network, torch.zeros(256, 4, 4), [0, 1]):
        assert not bool(one.any())


@pytest.mark.parametrize(
    ("size", "shown"),
    [((800, 400), (384, 192)), ((30, 90), (128, 384)), ((1, 1), (384, 384)), ((4000, 3), (384, 1))],
)
def test_an_overlay_has_the_shape_of_its_picture(size: tuple[int, int], shown: tuple[int, int]) -> None:
    image = Image.open(io.BytesIO(overlay_png(torch.rand(5, 5), *size)))
    assert image.size == shown and image.mode == "RGBA" and max(shown) == OVERLAY_SIDE


def test_an_overlay_is_clear_where_nothing_speaks_and_deep_where_most_does() -> None:
    cam = torch.zeros(4, 4)
    cam[1, 2] = 1.0
    levels = np.asarray(Image.open(io.BytesIO(overlay_png(cam, 400, 400))))
    hottest = np.unravel_index(int(levels[..., 3].argmax()), levels.shape[:2])
    assert levels[..., 3].max() > 200 and levels[300:, :80, 3].max() < 8
    assert abs(int(hottest[0]) - 144) < 24 and abs(int(hottest[1]) - 240) < 24
    assert levels[hottest][0] > levels[hottest][2]
