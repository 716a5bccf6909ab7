from __future__ import annotations

import math

import pytest
import torch

from worker.families.painting_gan.losses import LOSSES, gradient_penalty, sign_statistic


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


REAL, FAKE = [2.0, -0.5, 0.3], [-1.5, 0.4, 0.0]


def logits(values: list[float]) -> list[torch.Tensor]:
    return [torch.tensor([[value] for value in values])]


def test_hinge_is_its_formula() -> None:
    critic = sum(max(0, 1 - r) for r in REAL) / 3 + sum(max(0, 1 + f) for f in FAKE) / 3
    assert float(LOSSES["hinge"].critic(logits(REAL), logits(FAKE))) == pytest.approx(critic)
    assert float(LOSSES["hinge"].maker([], logits(FAKE))) == pytest.approx(-sum(FAKE) / 3)


def test_minimax_is_the_first_papers_game_with_the_non_saturating_generator() -> None:
    critic = -sum(math.log(sigmoid(r)) for r in REAL) / 3 - sum(math.log(1 - sigmoid(f)) for f in FAKE) / 3
    maker = -sum(math.log(sigmoid(f)) for f in FAKE) / 3
    assert float(LOSSES["minimax"].critic(logits(REAL), logits(FAKE))) == pytest.approx(critic, rel=1e-5)
    assert float(LOSSES["minimax"].maker([], logits(FAKE))) == pytest.approx(maker, rel=1e-5)


def test_relativistic_compares_pairs() -> None:
    critic = sum(-math.log(sigmoid(r - f)) for r, f in zip(REAL, FAKE, strict=True)) / 3
    maker = sum(-math.log(sigmoid(f - r)) for r, f in zip(REAL, FAKE, strict=True)) / 3
    assert float(LOSSES["relativistic"].critic(logits(REAL), logits(FAKE))) == pytest.approx(critic, rel=1e-5)
    assert float(LOSSES["relativistic"].maker(logits(REAL), logits(FAKE))) == pytest.approx(maker, rel=1e-5)
    assert LOSSES["relativistic"].paired and not LOSSES["hinge"].paired


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_heads_count_alike_however_many_cells_they_have(name: str) -> None:
    fine, coarse = torch.full((2, 16), 0.7), torch.full((2, 1), 0.7)
    fake_fine, fake_coarse = torch.full((2, 16), -0.2), torch.full((2, 1), -0.2)
    both = LOSSES[name].critic([fine, coarse], [fake_fine, fake_coarse])
    assert float(both) == pytest.approx(float(LOSSES[name].critic([coarse], [fake_coarse])))


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_critic_and_maker_pull_the_made_logit_in_opposite_directions(name: str) -> None:
    fake = torch.zeros(1, 1, requires_grad=True)
    real = [torch.zeros(1, 1)]
    (critic,) = torch.autograd.grad(LOSSES[name].critic(real, [fake]), fake)
    (maker,) = torch.autograd.grad(LOSSES[name].maker(real, [fake]), fake)
    assert float(critic) > 0 > float(maker)


def test_gradient_penalty_of_a_linear_critic_is_its_squared_length() -> None:
    weight = torch.randn(3, 4, 4)
    pictures = torch.randn(5, 3, 4, 4, requires_grad=True)
    penalty = gradient_penalty([(pictures * weight).sum(dim=(1, 2, 3), keepdim=True).flatten(1)], pictures)
    assert float(penalty) == pytest.approx(float(weight.square().sum()), rel=1e-5)


def test_gradient_penalty_can_be_lowered_by_training() -> None:
    scale = torch.tensor(2.0, requires_grad=True)
    pictures = torch.randn(2, 3, 4, 4, requires_grad=True)
    penalty = gradient_penalty([(pictures * scale).sum(dim=(1, 2, 3)).view(-1, 1)], pictures)
    (gradient,) = torch.autograd.grad(penalty, scale)
    assert float(gradient) == pytest.approx(2 * 2.0 * 48)


def test_sign_statistic() -> None:
    assert float(sign_statistic([torch.tensor([[3.0], [0.1], [2.0], [-1.0]])])) == pytest.approx(0.5)
