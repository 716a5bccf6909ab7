"""Search: exact, in order, diverse, and far without outliers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worker.families.muse.searching import STILL_OF_IT, cosines, diverse, falling, far_ones, middle
from worker.families.muse.traits import Real


def units(count: int, width: int, seed: int) -> torch.Tensor:
    source = np.random.default_rng(seed)
    rows = source.normal(size=(count, width)).astype(np.float32)
    return torch.from_numpy(rows / np.linalg.norm(rows, axis=1, keepdims=True)).half()


sizes = st.tuples(st.integers(2, 60), st.integers(2, 12), st.integers(0, 1000))


@given(sizes)
def test_cosines_are_those_of_plain_products(size: tuple[int, int, int]) -> None:
    vectors = units(*size)
    query = vectors[0].float().numpy()
    plain = vectors.float().numpy() @ query
    assert np.allclose(cosines(vectors, query), plain, atol=1e-5)


def test_cosines_do_not_depend_on_how_many_works_there_are() -> None:
    vectors = units(9000, 16, 1)
    query = vectors[7].float().numpy()
    assert np.array_equal(cosines(vectors, query)[:4096], cosines(vectors[:4096], query))


@given(sizes, st.integers(1, 20))
def test_diverse_choices_are_different_and_begin_with_the_best(
    size: tuple[int, int, int], count: int
) -> None:
    vectors = units(*size)
    relevance = cosines(vectors, vectors[0].float().numpy())
    order = falling(relevance)
    found = diverse(vectors, relevance, order, count)
    assert len(found) == len(set(found)) == min(count, len(vectors))
    assert found[0] == order[0]
    assert found == diverse(vectors, relevance, order, count)


def test_of_two_equal_works_only_one_is_near() -> None:
    base = units(8, 8, 4)
    vectors = torch.cat([base[:1], base[:1], base[1:]])
    relevance = np.array([1.0, 0.6, 0.55, *[0.0] * 6], np.float32)
    assert diverse(vectors, relevance, falling(relevance), 3)[1] != 1


def test_nothing_to_choose_from_gives_nothing() -> None:
    none, all_three = np.zeros(0, np.int64), np.arange(3)
    assert diverse(units(3, 4, 0), np.ones(3, np.float32), none, 2) == []
    assert diverse(units(3, 4, 0), np.ones(3, np.float32), all_three, 0) == []


@given(st.integers(20, 80), st.integers(0, 100), st.integers(1, 6))
def test_far_works_are_far_but_no_outliers(count: int, seed: int, wanted: int) -> None:
    vectors = units(count, 6, seed)
    near = cosines(vectors, vectors[0].float().numpy())
    remote = np.abs(np.random.default_rng(seed).normal(size=count)).astype(np.float32)
    found = far_ones(vectors, remote, near, wanted, [0])
    assert found and 0 not in found
    for place in found:
        assert 1 - near[place] <= np.quantile(1 - near, STILL_OF_IT) + 1e-6
        assert remote[place] <= np.quantile(remote, STILL_OF_IT) + 1e-6
    assert near[found[0]] <= np.median(near)


def test_an_outlier_is_not_of_the_collection() -> None:
    vectors = units(40, 6, 3)
    remote = np.ones(40, np.float32)
    near = cosines(vectors, vectors[0].float().numpy())
    farthest = int(np.argsort(near)[3])
    remote[farthest] = 50.0
    assert farthest not in far_ones(vectors, remote, near, 10, [0])


@pytest.mark.parametrize("places", [[0], [0, 1], [0, 1, 2]])
def test_the_middle_is_a_direction(places: list[int]) -> None:
    found = middle(units(4, 8, 2), places)
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-3)


def test_opposites_have_no_middle_but_no_error_either() -> None:
    row = torch.ones(1, 4).half() / 2
    assert np.isfinite(middle(torch.cat([row, -row]), [0, 1])).all()


def test_equal_values_stay_in_order() -> None:
    values: Real = np.array([0.5, 0.9, 0.5, 0.9], np.float32)
    assert falling(values).tolist() == [1, 3, 0, 2]
