"""Global random streams around work in the middle of other work."""

import random

import numpy as np
import pytest
import torch

from worker.randomness import preserved


def draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))


def seed() -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)


def test_streams_go_on_as_if_nothing_had_been() -> None:
    seed()
    expected = [draw(), draw()]
    seed()
    first = draw()
    with preserved():
        draw()
        torch.manual_seed(99)
    assert [first, draw()] == expected


def test_also_after_an_error() -> None:
    seed()
    expected = draw()
    seed()
    with pytest.raises(ValueError, match="oops"), preserved():
        draw()
        raise ValueError("oops")
    assert draw() == expected
