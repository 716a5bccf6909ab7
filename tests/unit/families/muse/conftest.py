"""Fixtures of the muse's unit tests: each collection is looked at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.families.muse.support import (
    Version,
    load,
    make_trainer,
    music_items,
    musician,
    painter,
    picture_items,
    train,
)
from worker.families.muse.loaded import LoadedMuse
from worker.family import Item


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """One thread: the same numbers everywhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def works(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Pictures of two kinds."""
    return picture_items(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Chorales."""
    return music_items(tmp_path_factory.mktemp("music"))


@pytest.fixture(scope="session")
def pictures(works: list[Item], tmp_path_factory: pytest.TempPathFactory) -> LoadedMuse:
    """A muse that knows the pictures."""
    return load(tmp_path_factory.mktemp("index"), train(make_trainer(works)))


@pytest.fixture(scope="session")
def music(pieces: list[Item], tmp_path_factory: pytest.TempPathFactory) -> LoadedMuse:
    """A muse that knows the chorales."""
    return load(tmp_path_factory.mktemp("index"), train(make_trainer(pieces)))


@pytest.fixture
def maker(tmp_path: Path) -> Version:
    """A maker of pictures."""
    return painter(tmp_path / "maker")


@pytest.fixture
def composer(tmp_path: Path) -> Version:
    """A maker of music."""
    return musician(tmp_path / "composer")
