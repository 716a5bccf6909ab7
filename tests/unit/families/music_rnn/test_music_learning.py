"""One step of learning: the rate, what counts in the loss, and where chance comes from."""

from __future__ import annotations

import math

import pytest
import torch

from tests.unit.families.music_rnn.support import (
    VOICES,
    chorale,
    chorales,
    network,
    random_codes,
)
from worker.families.music_rnn.batches import Batches, Piece, stack, whole
from worker.families.music_rnn.learning import WARM_STEPS, Learner, evaluate, mean_nll, schedule
from worker.families.music_rnn.plan import Plan


def test_the_rate_rises_and_falls() -> None:
    assert schedule(0, 0.0) == pytest.approx(1 / WARM_STEPS)
    rates = [schedule(1000, share) for share in (0.0, 0.25, 0.5, 0.75, 1.0, 2.0)]
    assert (
        rates[0] == 1.0
        and rates == sorted(rates, reverse=True)
        and rates[-1] == rates[-2] == pytest.approx(0.02)
    )


def test_filled_up_steps_do_not_count() -> None:
    made = network(VOICES)
    short, long = (Piece("", random_codes(VOICES, n, n), Plan(16, 0, n)) for n in (5, 30))
    rows = [(VOICES.read(p.codes), VOICES.tell(p.codes, p.plan), p.codes) for p in (short, long)]
    each = [float(mean_nll(made, whole(VOICES, p))) for p in (short, long)]
    together = float(mean_nll(made, stack(rows)))
    assert together == pytest.approx((5 * each[0] + 30 * each[1]) / 35, rel=1e-5)
    score = evaluate(made, [short, long], "cpu")
    assert score.nll == pytest.approx(together, rel=1e-5)
    assert score.nll_per_piece == pytest.approx(sum(each) / 2, rel=1e-5)
    assert score.perplexity == pytest.approx(math.exp(score.nll))


def test_dropout_comes_from_the_seed_and_the_step() -> None:
    piece = Piece("", random_codes(VOICES, 40), Plan(16, 0, 40))
    batch = Batches(VOICES, [piece], batch=2, crop=16, transpose=0, seed=1).draw(0)

    def loss(seed: int, step: int) -> float:
        torch.manual_seed(3)
        made = network(VOICES).requires_grad_(True)
        made.drop.p = 0.5
        learner = Learner(made, rate=1e-3, average=0.9, seed=seed, device="cpu")
        torch.manual_seed(seed * 7 + step)
        return float(learner.step(batch, step, 0.0))

    assert loss(1, 1) == loss(1, 1)
    assert len({loss(1, 1), loss(1, 2), loss(2, 1)}) == 3


def test_pieces_of_a_training_are_in_four_voices() -> None:
    assert all(len(score.parts) == 4 for score in (*chorales(2), chorale()))
