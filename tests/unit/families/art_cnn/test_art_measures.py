"""Figures of answers against values worked out by hand, and what must hold for any answers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from worker.families.art_cnn.measures import (
    BINS,
    calibration_error,
    measure,
    risk_and_coverage,
    temperature_of,
    threshold_of,
)


def drawn(logits: Tensor, seed: int = 0) -> Tensor:
    """A truth for each row, drawn from its softmax: answers by these logits are calibrated."""
    source = torch.Generator().manual_seed(seed)
    return torch.multinomial(logits.softmax(1), 1, generator=source)[:, 0]


def some_logits(count: int, classes: int, spread: float = 2.0, seed: int = 1) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    return spread * torch.randn(count, classes, generator=source, dtype=torch.float64)


def test_figures_of_a_worked_example() -> None:
    told = torch.tensor([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1]])
    found = measure(told, torch.tensor([0, 1, 1, 0]))
    assert found.confusion.tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert found.accuracy == 0.75 and found.majority == 0.5
    assert found.precision == pytest.approx((2 / 3, 1.0, 0.0))
    assert found.recall == pytest.approx((1.0, 0.5, 0.0))
    assert found.f1 == pytest.approx((0.8, 2 / 3, 0.0))
    assert found.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2), "a class that does not come counts nothing"
    assert found.loss == pytest.approx(-sum(map(math.log, (0.8, 0.3, 0.7, 0.5))) / 4, rel=1e-6)


def test_the_calibration_error_of_a_worked_example() -> None:
    # Two bins: two answers at .55 of which one is right, two at .95 of which both are.
    told = torch.tensor([[0.55, 0.45], [0.55, 0.45], [0.95, 0.05], [0.05, 0.95]])
    truth = torch.tensor([0, 1, 0, 1])
    assert calibration_error(told, truth) == pytest.approx((2 * 0.05 + 2 * 0.05) / 4)
    assert calibration_error(told, truth, bins=1) == pytest.approx(abs(3 - 3.0) / 4, abs=1e-7)
    assert calibration_error(told, 1 - truth) == pytest.approx((2 * 0.05 + 2 * 0.95) / 4)


def test_answers_that_are_sure_and_right_are_calibrated_and_wrong_ones_are_not() -> None:
    sure = torch.eye(3)[torch.tensor([0, 1, 2, 1])]
    assert calibration_error(sure, torch.tensor([0, 1, 2, 1])) == 0.0
    assert calibration_error(sure, torch.tensor([1, 2, 0, 2])) == 1.0
    assert calibration_error(torch.full((8, 4), 0.25), torch.arange(8) % 4) == pytest.approx(0.0)


def test_drawn_truths_are_calibrated_up_to_chance() -> None:
    logits = some_logits(20_000, 4)
    assert calibration_error(logits.softmax(1), drawn(logits)) < 0.015
    assert calibration_error((logits * 3).softmax(1), drawn(logits)) > 0.1


@pytest.mark.parametrize("planted", [0.5, 0.75, 1.0, 1.6, 2.5])
def test_a_planted_temperature_is_found_again(planted: float) -> None:
    logits = some_logits(12_000, 5)
    truth = drawn(logits)
    found = temperature_of(logits * planted, truth)
    assert found == pytest.approx(planted, rel=0.05)
    cooled = calibration_error((logits * planted / found).softmax(1), truth)
    assert cooled < 0.015 and cooled <= calibration_error((logits * planted).softmax(1), truth) + 0.002


def test_a_temperature_changes_no_answer_and_never_raises_the_loss() -> None:
    logits = some_logits(300, 3, 6.0)
    truth = drawn(some_logits(300, 3, 1.0))
    found = temperature_of(logits, truth)
    before, after = measure(logits.softmax(1), truth), measure((logits / found).softmax(1), truth)
    assert torch.equal(before.confusion, after.confusion) and after.loss <= before.loss


def test_the_temperature_stays_within_its_bounds() -> None:
    right = torch.eye(3, dtype=torch.float64)[torch.arange(30) % 3]
    assert temperature_of(right, torch.arange(30) % 3) == pytest.approx(2**-1.5)
    assert temperature_of(right * 50, (torch.arange(30) + 1) % 3) == pytest.approx(2**1.5)
    assert temperature_of(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)) == 1.0


def test_nothing_to_measure_is_nothing_and_no_nan() -> None:
    empty, none = torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)
    found = measure(empty, none)
    assert (found.accuracy, found.macro_f1, found.ece, found.loss, found.majority) == (0, 0, 0, 0, 0)
    assert found.confusion.tolist() == [[0] * 3] * 3
    assert risk_and_coverage(empty, none) == [] and threshold_of(empty, none) == 0.0


def test_a_truth_thought_impossible_has_a_finite_loss() -> None:
    assert 20 < measure(torch.tensor([[1.0, 0.0]]), torch.tensor([1])).loss < 30


def test_risk_and_coverage_of_a_worked_example() -> None:
    told = torch.tensor([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7], [0.2, 0.8]], dtype=torch.float64)
    curve = risk_and_coverage(told, torch.tensor([1, 0, 1, 0]))
    assert curve == [(0.9, 0.25, 1.0), (0.8, 0.5, 0.5), (0.7, 0.75, pytest.approx(2 / 3)), (0.6, 1.0, 0.5)]


def given_at(told: Tensor, truth: Tensor, threshold: float) -> tuple[float, float]:
    """The share of answers at least so sure, and how many of them are wrong."""
    sure, answers = told.double().max(1)
    kept = sure >= threshold
    return float(kept.double().mean()), float((answers != truth)[kept].double().mean())


def test_the_threshold_halves_the_errors_where_half_of_the_answers_can_do_so() -> None:
    logits = some_logits(3000, 4)
    told, truth = logits.softmax(1), drawn(logits)
    threshold = threshold_of(told, truth)
    coverage, wrong = given_at(told, truth, threshold)
    everything = given_at(told, truth, 0.0)[1]
    assert wrong <= everything / 2 and coverage >= 0.5
    lower = threshold - 1e-3
    assert given_at(told, truth, lower)[1] > everything / 2, "and it is the lowest that does"


def test_without_errors_everything_is_answered() -> None:
    told = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)
    assert threshold_of(told, torch.tensor([0, 1])) == 0.7


def test_where_nothing_halves_the_errors_the_best_half_is_answered() -> None:
    told = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]], dtype=torch.float64)
    assert threshold_of(told, torch.tensor([1, 1, 0, 0])) == 0.6
    assert threshold_of(told, torch.tensor([1, 1, 1, 1])) in (0.6, 0.7, 0.8)


def test_answers_equally_sure_are_given_together() -> None:
    told = torch.tensor([[0.9, 0.1]] * 4, dtype=torch.float64)
    truth = torch.tensor([0, 0, 1, 1])
    assert threshold_of(told, truth) == 0.9
    told = torch.tensor([[0.9, 0.1]] * 2 + [[0.6, 0.4]] * 4, dtype=torch.float64)
    truth = torch.tensor([0, 0, 0, 0, 0, 1])
    threshold = threshold_of(told, truth)
    assert threshold == 0.6, "two in six are too few, and the four others cannot be told apart"


ANSWERS = st.integers(2, 5).flatmap(
    lambda classes: st.lists(
        st.tuples(
            st.lists(st.integers(1, 9), min_size=classes, max_size=classes), st.integers(0, classes - 1)
        ),
        min_size=1,
        max_size=40,
    )
)


@given(ANSWERS)
def test_what_holds_for_any_answers(rows: list[tuple[list[int], int]]) -> None:
    weights = torch.tensor([row for row, _ in rows], dtype=torch.float64)
    told, truth = weights / weights.sum(1, keepdim=True), torch.tensor([one for _, one in rows])
    found = measure(told, truth)
    assert int(found.confusion.sum()) == len(rows)
    assert found.accuracy == pytest.approx(float((told.argmax(1) == truth).double().mean()))
    assert 0 <= found.macro_f1 <= 1 and 0 <= found.ece <= 1 and found.loss >= 0
    assert 1 / weights.shape[1] - 1e-9 <= found.majority <= 1
    curve = risk_and_coverage(told, truth)
    assert [one[0] for one in curve] == sorted((one[0] for one in curve), reverse=True)
    assert curve[-1][1] == 1.0 and curve[-1][2] == pytest.approx(found.accuracy)
    coverage, wrong = given_at(told, truth, threshold_of(told, truth))
    assert coverage >= 0.5 and wrong <= 1 - found.accuracy + 1e-9


@given(ANSWERS, st.integers(1, BINS))
def test_bins_that_are_wider_hide_errors_and_never_add_any(
    rows: list[tuple[list[int], int]], parts: int
) -> None:
    weights = torch.tensor([row for row, _ in rows], dtype=torch.float64)
    told, truth = weights / weights.sum(1, keepdim=True), torch.tensor([one for _, one in rows])
    gap = abs(float(told.max(1).values.mean()) - float((told.argmax(1) == truth).double().mean()))
    assert calibration_error(told, truth, 1) == pytest.approx(gap, abs=1e-9)
    assert calibration_error(told, truth, parts * 7) >= gap - 1e-9
