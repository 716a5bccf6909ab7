"""Means of what the steps report, since anyone last asked."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worker.tally import Tally


def test_a_tally_gives_means_since_the_last_call() -> None:
    tally = Tally()
    assert tally.take() == {}
    tally.add({"loss": torch.tensor(1.0)}, 8, 0.5)
    tally.add({"loss": torch.tensor(4.0)}, 8, 1.5)
    assert tally.take() == {"loss": 2.5, "images_per_second": 8.0}
    assert tally.take() == {"loss": 2.5, "images_per_second": 8.0}
    tally.add({"loss": torch.tensor(7.0)}, 4, 1.0)
    assert tally.take() == {"loss": 7.0, "images_per_second": 4.0}


def test_a_tally_does_not_hold_on_to_what_the_next_step_changes() -> None:
    tally, value = Tally(), torch.tensor(1.0)
    tally.add({"loss": value}, 1, 1.0)
    value.fill_(9.0)
    assert tally.take()["loss"] == 1.0


@given(
    st.lists(st.tuples(st.floats(-100, 100), st.integers(1, 64), st.floats(0.01, 5)), min_size=1, max_size=20)
)
def test_means_are_over_steps_and_rates_over_time(steps: list[tuple[float, int, float]]) -> None:
    tally = Tally()
    for loss, images, seconds in steps:
        tally.add({"loss": torch.tensor(loss, dtype=torch.float64)}, images, seconds)
    told = tally.take()
    assert told["loss"] == pytest.approx(sum(loss for loss, _, _ in steps) / len(steps), abs=1e-9)
    rate = sum(images for _, images, _ in steps) / sum(seconds for _, _, seconds in steps)
    assert told["images_per_second"] == pytest.approx(rate, abs=0.006)


def test_what_is_taken_is_the_takers() -> None:
    tally = Tally()
    tally.add({"loss": torch.tensor(2.0)}, 1, 1.0)
    tally.take()["loss"] = "changed"
    assert tally.take()["loss"] == 2.0


def test_steps_that_took_no_time_have_a_rate() -> None:
    tally = Tally()
    tally.add({"loss": torch.tensor(2.0)}, 3, 0.0)
    assert float(tally.take()["images_per_second"]) > 0
