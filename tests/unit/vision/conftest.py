"""Random pictures and weights are the same in every run, whatever ran before."""

import pytest
import torch


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)
