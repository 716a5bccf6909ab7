"""Pictures are shown in whole shuffled rounds, and the order goes on exactly where it was left."""

from __future__ import annotations

from collections import Counter

import torch
from hypothesis import given
from hypothesis import strategies as st

from worker.data_order import DataOrder


def test_every_round_shows_every_picture_once() -> None:
    order = DataOrder(torch.arange(10) * 3, seed=4)
    shown = torch.cat([order.next(4) for _ in range(5)])
    assert sorted(shown[:10].tolist()) == sorted(shown[10:].tolist()) == [index * 3 for index in range(10)]
    assert shown[:10].tolist() != shown[10:].tolist()


def test_an_order_goes_on_exactly_from_the_middle_of_a_round() -> None:
    order = DataOrder(torch.arange(11), seed=4)
    order.next(4)
    kept = {name: value.clone() for name, value in order.state().items()}
    expected = [order.next(4).tolist() for _ in range(6)]
    resumed = DataOrder(torch.arange(11), seed=99)
    resumed.restore(kept)
    assert [resumed.next(4).tolist() for _ in range(6)] == expected


def test_a_batch_may_be_larger_than_the_data_set() -> None:
    assert len(DataOrder(torch.arange(3), seed=0).next(10)) == 10


@given(st.integers(1, 30), st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 2**31))
def test_whatever_the_batches_no_picture_is_a_round_ahead(count: int, batches: list[int], seed: int) -> None:
    order = DataOrder(torch.arange(count), seed)
    shown = [index for size in batches for index in order.next(size).tolist()]
    counts = Counter(shown)
    assert len(shown) == sum(batches)
    assert max(counts[index] for index in range(count)) - min(counts[index] for index in range(count)) <= 1
    for start in range(0, len(shown) - count + 1, count):
        assert sorted(shown[start : start + count]) == list(range(count))


@given(st.integers(1, 20), st.integers(0, 50), st.integers(1, 9))
def test_the_order_depends_on_the_seed_and_not_on_the_size_of_batches(
    count: int, seed: int, size: int
) -> None:
    ones, batches = DataOrder(torch.arange(count), seed), DataOrder(torch.arange(count), seed)
    single = [int(ones.next(1)) for _ in range(size * 3)]
    assert single == [index for _ in range(3) for index in batches.next(size).tolist()]


def test_a_state_is_not_changed_by_later_batches() -> None:
    order = DataOrder(torch.arange(9), seed=1)
    order.next(2)
    kept = order.state()
    again = DataOrder(torch.arange(9), seed=2)
    again.restore(kept)
    expected = [order.next(5).tolist() for _ in range(3)]
    assert [again.next(5).tolist() for _ in range(3)] == expected


def test_the_global_chance_is_left_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    DataOrder(torch.arange(9), seed=1).next(20)
    assert torch.equal(torch.get_rng_state(), before)
