"""Precision and recall of one set of points among another, by hand and by what must hold."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from worker.vision.neighbourhoods import NEIGHBOURS, precision_and_recall


def brute_force(pictures: Tensor, among: Tensor, k: int) -> float:
    """Point by point, as the definition says it."""

    def far(a: Tensor, b: Tensor) -> float:
        return float((a.double() - b.double()).norm())

    radius = [sorted(far(one, other) for other in among)[k] for one in among]
    inside = [any(far(p, one) <= r for one, r in zip(among, radius, strict=True)) for p in pictures]
    return sum(inside) / len(inside)


@given(st.integers(1, 12), st.integers(4, 12), st.integers(0, 10_000))
def test_it_is_what_the_definition_says(made: int, works: int, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    a, b = torch.randn(made, 3, generator=source), torch.randn(works, 3, generator=source)
    precision, recall = precision_and_recall(a, b, 2)
    assert precision == pytest.approx(brute_force(a, b, 2))
    assert recall == pytest.approx(brute_force(b, a, 2) if made > 2 else 0.0)


def test_points_on_a_line_by_hand() -> None:
    works = torch.tensor([[0.0], [1.0], [2.0], [10.0]])
    made = torch.tensor([[-0.5], [3.5], [30.0], [31.0]])
    precision, recall = precision_and_recall(made, works, 1)
    # Radii of the works: 1, 1, 1, 8; of what was made: 4, 4, 1, 1.
    assert precision == 0.5 and recall == 0.75


def test_a_set_lies_among_itself_and_far_sets_do_not() -> None:
    works = torch.randn(40, 8)
    assert precision_and_recall(works, works) == (1.0, 1.0)
    assert precision_and_recall(works + 100, works) == (0.0, 0.0)


def test_few_kinds_are_precise_and_recall_little() -> None:
    kinds = torch.tensor([0.0, 20.0, 40.0, 60.0]).repeat_interleave(25)[:, None]
    works, made = kinds + torch.randn(100, 4), torch.randn(100, 4)
    precision, recall = precision_and_recall(made, works)
    assert precision > 0.7 and recall < 0.35
    assert precision_and_recall(works, made) == (recall, precision)


def test_sets_that_are_too_small_hold_nothing() -> None:
    few, many = torch.zeros(NEIGHBOURS, 2), torch.zeros(NEIGHBOURS + 1, 2)
    assert precision_and_recall(many, few) == (0.0, 1.0)
    assert precision_and_recall(torch.zeros(0, 2), many) == (0.0, 0.0)


def test_equal_points_are_all_inside() -> None:
    assert precision_and_recall(torch.ones(5, 3), torch.ones(9, 3)) == (1.0, 1.0)
