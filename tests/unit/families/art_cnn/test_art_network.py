"""The network folded and unfolded, what of it is its own, and going on from another version."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from tests.unit.families.art_cnn.support import HEADS, config_of, random_network
from worker.families.art_cnn.heads_fit import fit_heads
from worker.families.art_cnn.labels import UNKNOWN, Head
from worker.families.art_cnn.learning import see
from worker.families.art_cnn.network import ArtNetwork, LiteTrunk
from worker.families.art_cnn.network_config import BLOCKS, NetworkConfig

SOME = torch.Generator().manual_seed(2)
PICTURES = torch.rand(3, 3, 64, 64, generator=SOME) * 2 - 1


def disturbed(network: ArtNetwork, size: float = 0.05) -> ArtNetwork:
    """The network after something like a training: weights and norms have moved."""
    with torch.no_grad():
        for value in network.parameters():
            if value.requires_grad:
                value.mul_(1 + size * torch.randn(value.shape))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d) and module.weight.requires_grad:
                assert module.running_mean is not None and module.running_var is not None
                module.running_mean.add_(size * torch.randn(module.running_mean.shape))
                module.running_var.mul_(1 + size * torch.rand(module.running_var.shape))
    return network.eval()


@pytest.mark.parametrize(
    ("trunk", "first"), [("small", 0), ("lite0", 0), ("lite0", 11), ("lite0", BLOCKS), ("lite0", BLOCKS + 1)]
)
@torch.no_grad()
def test_folded_it_answers_as_before_up_to_rounding(trunk: str, first: int) -> None:
    network = disturbed(random_network(config_of(trunk, learned_from=first), learning=True))
    folded = network.folded()
    assert not folded.training and not any(one.requires_grad for one in folded.parameters())
    before, after = network(PICTURES), folded(PICTURES)
    assert before.shape == (3, 5)
    assert torch.allclose(before, after, atol=2e-4 * float(before.abs().max()))
    assert float((before[0] - before[1]).abs().max()) > 1e-4, "the pictures are told apart at all"


@pytest.mark.parametrize("first", [0, 11, BLOCKS, BLOCKS + 1])
@torch.no_grad()
def test_what_is_its_own_is_all_that_a_package_does_not_have(first: int) -> None:
    config = config_of("lite0", learned_from=first)
    network = disturbed(random_network(config, learning=True)).folded()
    own = network.own_state()
    again = ArtNetwork(config).eval()
    state = again.own_state()
    assert set(state) == set(own)
    for name, value in own.items():
        state[name].copy_(value)
    assert torch.equal(again(PICTURES), network(PICTURES)), "nothing of it was anywhere else"


def test_more_blocks_make_more_of_it_its_own() -> None:
    def size(first: int, *, learning: bool = False) -> int:
        network = ArtNetwork(config_of("lite0", learned_from=first), learning=learning)
        return sum(value.numel() for value in network.own_state().values())

    heads = 5 * 1280 + 5
    assert size(BLOCKS + 1) == size(BLOCKS + 1, learning=True) == heads
    assert heads < size(BLOCKS) < size(11) < size(0) < size(0, learning=True)
    small = ArtNetwork(config_of())
    assert set(small.own_state()) == set(small.state_dict())


@pytest.mark.parametrize("first", [0, 11, BLOCKS + 1])
def test_exactly_what_is_to_be_learned_asks_for_gradients(first: int) -> None:
    network = ArtNetwork(config_of("lite0", learned_from=first), learning=True)
    names = {name for name, value in network.named_parameters() if value.requires_grad}
    own = set(network.own_state())
    assert names <= own and {name for name in own if name.endswith((".weight",))} <= names
    serving = ArtNetwork(config_of("lite0", learned_from=first))
    assert all(name.startswith("heads.") for name, one in serving.named_parameters() if one.requires_grad)


@pytest.mark.parametrize("norms", [False, True])
def test_norms_take_the_means_of_batches_only_when_they_may(norms: bool) -> None:
    config = NetworkConfig("lite0", 64, 11, norms, HEADS)
    network = ArtNetwork(config, learning=True).train()
    assert isinstance(network.trunk, LiteTrunk)
    norm_layers = [one for one in network.trunk.modules() if isinstance(one, nn.BatchNorm2d)]
    training = [one.training for one in norm_layers]
    assert network.dropout.training and any(training) == norms and not all(training)
    before = [copy.deepcopy(one.running_mean) for one in norm_layers]
    network(PICTURES)
    changed = []
    for old, layer in zip(before, norm_layers, strict=True):
        assert old is not None and layer.running_mean is not None
        changed.append(not torch.equal(old, layer.running_mean))
    assert changed == training
    assert not any(one.training for one in network.eval().modules())


@pytest.mark.parametrize("trunk", ["small", "lite0"])
@torch.no_grad()
def test_going_on_from_a_version_begins_where_it_ended(trunk: str) -> None:
    config = config_of(trunk, learned_from=11 if trunk == "lite0" else 0)
    version = disturbed(random_network(config, learning=True)).folded()
    network = random_network(config.asked(HEADS), learning=True, seed=9)
    network.begin_from(version)
    expected = version(PICTURES)
    assert torch.allclose(network.eval()(PICTURES), expected, atol=2e-4 * float(expected.abs().max()))


@torch.no_grad()
def test_only_heads_with_the_same_question_are_taken_over() -> None:
    version = random_network(config_of())
    same, other = HEADS[1], Head("style", ("ember", "moss"))
    network = random_network(config_of(heads=(same, other)), learning=True, seed=9)
    fresh = network.heads.weight.clone()
    network.begin_from(version)
    assert torch.equal(network.heads.weight[:2], version.heads.weight[3:])
    assert torch.equal(network.heads.bias[:2], version.heads.bias[3:])
    assert torch.equal(network.heads.weight[2:], fresh[2:])


def test_logits_are_split_by_head_and_maps_are_what_is_pooled() -> None:
    network = random_network(config_of())
    with torch.no_grad():
        maps, logits = network.maps(PICTURES), network(PICTURES)
        assert maps.shape == (3, 256, 4, 4)
        assert torch.equal(network.answers(maps.mean(dim=(2, 3))), logits)
    style, light = network.by_head(logits)
    assert style.shape == (3, 3) and light.shape == (3, 2)
    assert torch.equal(torch.cat([style, light], 1), logits)
    assert [tuple(one.shape) for one in network.by_head(logits[0])] == [(3,), (2,)]


def test_many_pictures_are_seen_as_few_are() -> None:
    network = random_network(config_of())
    pixels = torch.randint(0, 256, (7, 3, 64, 64), dtype=torch.uint8)
    logits, pooled = see(network, pixels, "cpu", rows=3)
    whole, _ = see(network, pixels, "cpu")
    assert pooled.shape == (7, 256) and torch.allclose(logits, whole, atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(network(pixels.float() / 127.5 - 1.0), logits, atol=1e-5)
    empty = see(network, pixels[:0], "cpu")
    assert empty[0].shape == (0, 5) and empty[1].shape == (0, 256)


def _fitting_case(unknown: int) -> tuple[ArtNetwork, Tensor, Tensor]:
    """Bright pictures are class 0 and dark ones class 1; the second head knows nothing of some of them."""
    network = random_network(config_of(heads=(Head("light", ("day", "night")), Head("b", ("x", "y")))))
    bright = torch.randint(170, 250, (12, 3, 64, 64), dtype=torch.uint8)
    dark = torch.randint(0, 60, (12, 3, 64, 64), dtype=torch.uint8)
    kind = torch.tensor([0] * 12 + [1] * 12)
    other = kind.clone()
    other[:unknown] = UNKNOWN
    return network, torch.cat([bright, dark]), torch.stack([kind, 1 - other], dim=1)


def test_heads_begin_with_what_the_trunk_already_tells() -> None:
    network, pixels, truth = _fitting_case(6)
    truth[:6, 1] = UNKNOWN
    fit_heads(network, pixels, truth, "cpu")
    logits, _ = see(network, pixels, "cpu")
    for place, part in enumerate(network.by_head(logits)):
        known = truth[:, place] != UNKNOWN
        assert bool((part.argmax(1) == truth[:, place])[known].all())
    assert bool(torch.isfinite(network.heads.weight).all())


def test_a_head_without_a_known_picture_stays_as_it_was() -> None:
    network, pixels, truth = _fitting_case(0)
    truth[:, 1] = UNKNOWN
    before = network.heads.weight.detach().clone()
    fit_heads(network, pixels, truth, "cpu")
    assert torch.equal(network.heads.weight[2:], before[2:])
    assert not torch.equal(network.heads.weight[:2], before[:2])
