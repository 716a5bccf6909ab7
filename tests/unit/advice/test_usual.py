"""Percentiles of a collection: the right ones, written and read back, silent about a handful of works."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.advice.usual import FEW, STEPS, Usual, usual_of

VALUES = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=FEW, max_size=60)


def hundred() -> Usual:
    """A hundred and one works of sizes 0 to 100."""
    return usual_of([{"size": float(value)} for value in range(101)])


@pytest.mark.parametrize("value", [0, 5, 12.5, 50, 97, 100])
def test_the_percentile_of_a_hundred_numbers_is_the_number(value: float) -> None:
    assert hundred().percentile("size", value) == pytest.approx(value)


def test_beyond_all_works_lie_nought_and_a_hundred() -> None:
    assert hundred().percentile("size", -1) == 0.0
    assert hundred().percentile("size", 101) == 100.0


def test_four_works_in_five_lie_in_the_range() -> None:
    assert hundred().range("size") == (10.0, 90.0)
    assert hundred().at("size", 33) == pytest.approx(33.0)


def test_a_value_that_many_works_share_lies_in_the_middle_of_them() -> None:
    usual = usual_of([{"faults": 0.0}] * 30 + [{"faults": 1.0}] * 10)
    assert usual.percentile("faults", 0.0) == pytest.approx(35.0)
    assert usual.percentile("faults", 1.0) == pytest.approx(90.0)


def test_all_works_alike_put_the_same_value_in_the_middle() -> None:
    usual = usual_of([{"size": 3.0}] * 12)
    assert usual.percentile("size", 3.0) == 50.0
    assert usual.percentile("size", 2.9) == 0.0
    assert usual.percentile("size", 3.1) == 100.0


def test_a_figure_that_some_works_lack_is_counted_among_the_others() -> None:
    usual = usual_of([{"size": float(i), "voices": 4.0} if i % 2 else {"size": float(i)} for i in range(20)])
    assert usual.count == 20
    assert usual.at("voices", 50) == 4.0


def test_nothing_is_usual_of_a_few_works_or_of_unknown_figures() -> None:
    few = usual_of([{"size": float(i)} for i in range(FEW - 1)])
    assert few.percentile("size", 3.0) is None
    assert few.range("size") is None
    assert few.at("size", 50) is None
    assert hundred().percentile("weight", 3.0) is None


def test_no_works_at_all_are_no_error() -> None:
    assert usual_of([]).to_dict() == {"count": 0, "points": {}}


@given(VALUES, st.floats(-2e6, 2e6), st.floats(-2e6, 2e6))
def test_percentiles_rise_with_the_value(values: list[float], one: float, other: float) -> None:
    usual = usual_of([{"x": value} for value in values])
    low, high = (usual.percentile("x", value) for value in sorted((one, other)))
    assert low is not None and high is not None
    assert 0.0 <= low <= high <= 100.0


@given(VALUES)
def test_a_percentile_turned_to_a_value_and_back_is_near(values: list[float]) -> None:
    usual = usual_of([{"x": value} for value in np.unique(values)])
    if usual.count < FEW:
        return
    for percent in (5, 37, 80):
        value = usual.at("x", percent)
        assert value is not None
        assert usual.percentile("x", value) == pytest.approx(percent, abs=0.5)


@given(VALUES)
def test_what_is_written_is_read_back(values: list[float]) -> None:
    usual = usual_of([{"x": value, "y": -value} for value in values])
    assert Usual.of(json.loads(json.dumps(usual.to_dict()))) == usual


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"count": 3},
        {"count": None, "points": {}},
        {"count": 3, "points": []},
        {"count": 3, "points": {"x": 5}},
        {"count": 3, "points": {"x": [1.0, 2.0]}},
        {"count": 3, "points": {"x": list(range(len(STEPS), 0, -1))}},
        {"count": 3, "points": {"x": [float("nan")] * len(STEPS)}},
        {"count": 3, "points": {"x": ["a"] * len(STEPS)}},
    ],
)
def test_anything_else_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Usual.of(data)
