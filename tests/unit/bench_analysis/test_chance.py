"""The part of a calibration error that is chance."""

import pytest
import torch

from bench.analysis.chance import chance_error
from worker.families.art_cnn.measures import calibration_error


def sure_of(first: float, count: int) -> torch.Tensor:
    return torch.tensor([[first, 1.0 - first]] * count)


def test_the_more_pictures_the_less_is_chance() -> None:
    found = [chance_error(sure_of(0.8, count)) for count in (20, 200, 2000)]
    assert found[0] > found[1] > found[2] > 0.0
    # All lie in one bin: the mean distance of a share of n from 0.8 is sqrt(2 p (1 - p) / (pi n)).
    expected = (2 * 0.8 * 0.2 / (torch.pi * 2000)) ** 0.5
    assert found[2] == pytest.approx(expected, rel=0.15)


def test_who_is_certain_has_none() -> None:
    assert chance_error(sure_of(1.0, 50)) == 0.0
    assert chance_error(torch.zeros(0, 3)) == 0.0


def test_it_is_the_error_of_one_without_fault_and_no_other() -> None:
    told = torch.rand((600, 4), generator=torch.Generator().manual_seed(1), dtype=torch.float64).softmax(1)
    truths = torch.multinomial(told, 50, replacement=True, generator=torch.Generator().manual_seed(2)).T
    found = sum(calibration_error(told, truth) for truth in truths) / len(truths)
    assert found == pytest.approx(chance_error(told), rel=0.2)
    boastful = (6.0 * told.log()).softmax(1)
    assert calibration_error(boastful, truths[0]) > 3 * chance_error(boastful)


def test_it_is_the_same_each_time() -> None:
    told = sure_of(0.6, 30)
    assert chance_error(told) == chance_error(told) != chance_error(told, seed=1)
