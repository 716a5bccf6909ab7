"""Fixtures of the painting GAN's unit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.families.painting_gan.support import load_version, make_items
from worker.families.painting_gan.painter import LoadedPainter
from worker.family import Item


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One thread and one start of chance: the same numbers everywhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """24 labeled pictures."""
    return make_items(tmp_path / "pictures")


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedPainter:
    """A version without classes."""
    return load_version(tmp_path)
