"""Conditions: read from text, held against figures and against a collection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.advice.conditions import Condition, read_condition
from worker.advice.problems import RuleError
from worker.advice.usual import usual_of

USUAL = usual_of([{"a.b": float(value)} for value in range(101)])


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a.b < 0.1", Condition("a.b", "<", 0.1)),
        ("a.b<=3", Condition("a.b", "<=", 3.0)),
        ("  a.b >= -0.25 ", Condition("a.b", ">=", -0.25)),
        ("a_1.b_2 > p90", Condition("a_1.b_2", ">", 90.0, True)),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    assert read_condition("rule", text) == condition


@pytest.mark.parametrize(
    "text",
    ["", "a.b", "a.b = 3", "a.b < ", "a.b < x", "3 > a.b", "a.b < p101", "a.b < p-1", "A.b < 1", "a < 1 2"],
)
def test_what_is_no_condition_is_refused_with_the_rule_named(text: str) -> None:
    with pytest.raises(RuleError, match="broken") as caught:
        read_condition("broken", text)
    assert caught.value.rule == "broken"


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">=", False, True, True),
        (">", False, False, True),
    ],
)
def test_the_four_comparisons(comparison: str, below: bool, equal: bool, above: bool) -> None:
    condition = read_condition("rule", f"a.b {comparison} 2")
    assert [condition.holds({"a.b": value}) for value in (1.0, 2.0, 3.0)] == [below, equal, above]


def test_a_missing_figure_never_holds() -> None:
    assert not read_condition("rule", "a.b < 2").holds({"a.c": 1.0})


def test_a_percentile_needs_a_collection() -> None:
    condition = read_condition("rule", "a.b < p20")
    assert not condition.holds({"a.b": 1.0})
    assert condition.holds({"a.b": 19.0}, USUAL)
    assert not condition.holds({"a.b": 21.0}, USUAL)


def test_the_excess_is_measured_in_spreads_and_kept_within_one() -> None:
    condition = read_condition("rule", "a.b > 10")
    assert condition.excess({"a.b": 12.5}, 5.0) == pytest.approx(0.5)
    assert condition.excess({"a.b": 99.0}, 5.0) == 1.0
    assert condition.excess({"a.b": 9.0}, 5.0) == 0.0
    assert read_condition("rule", "a.b > p90").excess({"a.b": 92.0}, 4.0, USUAL) == pytest.approx(0.5)
    assert read_condition("rule", "a.b > p90").excess({"a.b": 92.0}, 4.0) == 0.0


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_smaller_and_not_smaller_are_opposites(value: float, bound: float) -> None:
    figures = {"a.b": value}
    assert Condition("a.b", "<", bound).holds(figures) != Condition("a.b", ">=", bound).holds(figures)
    assert Condition("a.b", ">", bound).holds(figures) != Condition("a.b", "<=", bound).holds(figures)
