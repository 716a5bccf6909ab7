"""Fixtures of the music RNN's unit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.families.music_rnn.support import EVENTS, chorales, load_version, make_items
from worker.families.music_rnn.loaded import LoadedMusician
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
    """Eight chorales."""
    return make_items(tmp_path / "pieces", chorales())


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedMusician:
    """A version of four voices."""
    return load_version(tmp_path)


@pytest.fixture
def free(tmp_path: Path) -> LoadedMusician:
    """A version of events."""
    folder = tmp_path / "events"
    folder.mkdir()
    return load_version(folder, EVENTS)
