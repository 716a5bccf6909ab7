"""One step of learning: its loss, its schedule, what rare classes weigh, and the average that follows."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.families.art_cnn.support import HEADS, config_of, random_network
from worker.families.art_cnn.augment import Strength
from worker.families.art_cnn.labels import UNKNOWN, Head
from worker.families.art_cnn.learning import (
    LAST_RATE,
    SMOOTHING,
    Learner,
    _mixed,
    class_weights,
    schedule,
)
from worker.families.art_cnn.network_config import BLOCKS

STILL = Strength(0.0, mirror=False, rough=False)


def learner(average: float = 0.5, trunk: str = "small", first: int = 0, rate: float = 1e-3) -> Learner:
    network = random_network(config_of(trunk, learned_from=first), learning=True)
    return Learner(network, [torch.ones(3), torch.ones(2)], rate=rate, average=average, device="cpu")


def pictures(count: int = 4) -> Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


TRUTH = torch.tensor([[0, 1], [1, 0], [2, UNKNOWN], [UNKNOWN, 1]])


def step(one: Learner, number: int = 0, seed: int = 5, strength: Strength = STILL) -> float:
    source = torch.Generator().manual_seed(seed)
    return float(one.step(pictures(), TRUTH, strength, source, step=number, fraction=0.1))


def test_the_loss_is_smoothed_cross_entropy_over_known_classes_and_the_mean_of_heads() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0, 3.0]])
    truth = torch.tensor([[0, UNKNOWN], [1, 1]])

    def smoothed(row: list[float], right: int) -> float:
        total = math.log(sum(map(math.exp, row)))
        parts = [total - value for value in row]
        return (1 - SMOOTHING) * parts[right] + SMOOTHING * sum(parts) / len(parts)

    style = (smoothed([2.0, 0, 0], 0) + smoothed([0, 1.0, 0], 1)) / 2
    light = smoothed([0.0, 3.0], 1)
    assert float(learner().loss(logits, truth)) == pytest.approx((style + light) / 2, rel=1e-5)


def test_pictures_of_which_nothing_is_known_teach_nothing() -> None:
    logits = torch.randn(3, 5, requires_grad=True)
    loss = learner().loss(logits, torch.full((3, 2), UNKNOWN))
    assert float(loss) == 0.0
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None and not bool(logits.grad.any())


def test_rare_classes_weigh_more_and_one_on_average() -> None:
    truth = torch.tensor([[0]] * 16 + [[1]] * 4 + [[UNKNOWN]] * 5)
    (weights,) = class_weights(truth, [2])
    assert float(weights[1] / weights[0]) == pytest.approx(2.0)
    assert float((weights * torch.tensor([16.0, 4.0])).sum() / 20) == pytest.approx(1.0)
    (even,) = class_weights(torch.tensor([[0], [1], [2]]), [3])
    assert even.tolist() == pytest.approx([1.0] * 3)
    for one in class_weights(torch.full((4, 2), UNKNOWN), [2, 3]):
        assert bool(torch.isfinite(one).all())


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=60))
def test_weights_of_classes_are_finite_and_fall_with_how_often_they_come(classes: list[int]) -> None:
    (weights,) = class_weights(torch.tensor(classes)[:, None], [4])
    counts = [max(1, classes.count(one)) for one in range(4)]
    assert bool((weights > 0).all())
    for a in range(4):
        for b in range(4):
            if counts[a] < counts[b]:
                assert weights[a] > weights[b]


def test_the_rate_rises_quickly_and_falls_slowly() -> None:
    told = [schedule(place / 200) for place in range(201)]
    top = told.index(max(told))
    assert told[0] < 0.05 and 5 <= top <= 15 and max(told) > 0.95
    assert told[top:] == sorted(told[top:], reverse=True)
    assert told[-1] == pytest.approx(LAST_RATE) == schedule(1.7)


def test_a_step_changes_the_network_and_the_average_follows_by_its_decay() -> None:
    one = learner(average=0.0)
    before = one.network.heads.weight.detach().clone()
    step(one)
    assert not torch.equal(one.network.heads.weight, before)
    assert torch.allclose(one.average.heads.weight, one.network.heads.weight)
    slow = learner(average=0.9999)
    step(slow, number=10_000_000)
    assert torch.allclose(slow.average.heads.weight, before, atol=1e-6)
    early = learner(average=0.9999)
    step(early, number=0)
    moved = (early.average.heads.weight - before) / (early.network.heads.weight - before)
    assert float(moved.median()) == pytest.approx(0.9, abs=1e-3), "at first it follows at once"


def test_the_average_has_the_norms_of_the_network() -> None:
    one = learner()
    step(one)
    for (name, kept), seen in zip(one.average.named_buffers(), one.network.buffers(), strict=True):
        assert torch.equal(kept, seen), name


def test_frozen_weights_stay_as_they_are() -> None:
    one = learner(trunk="lite0", first=BLOCKS + 1)
    before = {name: value.clone() for name, value in one.network.trunk.state_dict().items()}
    step(one)
    assert all(torch.equal(value, before[name]) for name, value in one.network.trunk.state_dict().items())
    last = learner(trunk="lite0", first=11)
    before = {name: value.clone() for name, value in last.network.trunk.state_dict().items()}
    step(last)
    changed = {n for n, value in last.network.trunk.state_dict().items() if not torch.equal(value, before[n])}
    assert changed and all(name.startswith(("network.blocks.1", "network.head")) for name in changed)
    assert not any(name.startswith("network.blocks.1.") or "running" in name for name in changed)


def test_the_same_chance_gives_the_same_step() -> None:
    rough = Strength(0.7, mirror=True, rough=True)
    for seed in (1, 2, 3, 4):
        first, second = learner(), learner()
        assert step(first, seed=seed, strength=rough) == step(second, seed=seed, strength=rough)
        assert torch.equal(first.network.heads.weight, second.network.heads.weight)


def test_a_learner_goes_on_exactly() -> None:
    whole, stopped = learner(), learner()
    for number in range(4):
        step(whole, number, seed=number)
    for number in range(2):
        step(stopped, number, seed=number)
    again = learner()
    again.restore(stopped.state())
    for number in range(2, 4):
        step(again, number, seed=number)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name]), name
    assert torch.equal(whole.average.heads.weight, again.average.heads.weight)


def test_heads_learn_faster_than_a_trunk_that_knows_much() -> None:
    small, known = learner(), learner(trunk="lite0", first=11)
    for one, times in ((small, 1.0), (known, 5.0)):
        step(one)
        trunk, heads = (group["lr"] for group in one._optimizer.param_groups)
        assert heads == pytest.approx(times * trunk) and trunk == pytest.approx(1e-3 * schedule(0.1))


def test_half_of_the_steps_mix_and_the_first_picture_prevails() -> None:
    source = torch.Generator().manual_seed(0)
    shares = [_mixed(source) for _ in range(3000)]
    assert all(0.5 <= share <= 1.0 for share in shares)
    mixed = [share for share in shares if share < 0.999]
    assert 0.15 < len(mixed) / len(shares) < 0.5
    assert min(mixed) < 0.6


def test_losses_of_many_heads_count_alike() -> None:
    network = random_network(config_of(heads=(*HEADS, Head("more", ("a", "b", "c", "d")))), learning=True)
    ones = [torch.ones(3), torch.ones(2), torch.ones(4)]
    many = Learner(network, ones, rate=1e-3, average=0.9, device="cpu")
    logits = torch.zeros(2, 9)
    told = float(many.loss(logits, torch.tensor([[0, 0, 0], [1, 1, 1]])))
    assert told == pytest.approx((math.log(3) + math.log(2) + math.log(4)) / 3, rel=1e-5)
