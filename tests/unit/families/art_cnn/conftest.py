"""Fixtures of the art CNN's unit tests: one analyser learns planted kinds, once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.families.art_cnn.support import (
    load,
    make_items,
    make_trainer,
    make_version,
    run,
)
from worker.families.art_cnn import finishing
from worker.families.art_cnn.engine import ArtEngine
from worker.families.art_cnn.loaded import LoadedJudge
from worker.family import Item, Trained


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One thread and one start of chance: the same numbers everywhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True, scope="session")
def few_examined() -> Iterator[None]:
    """What is usual in a collection is told by twelve of its works, so that a training ends at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finishing, "MOST_EXAMINED", 12)
        yield


@pytest.fixture(scope="session")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """48 planted pictures with the labels style, light and number."""
    return make_items(tmp_path_factory.mktemp("planted"), 48)


@pytest.fixture(scope="session")
def trained(items: list[Item]) -> Trained:
    """Heads over ImageNet's features, trained on the planted kinds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    given = {"labels": "style, light", "network": "lite0", "learn": "heads", "pixels": 160, "epochs": 1.0}
    found = run(make_trainer(items, **given)).finish()
    torch.set_num_threads(threads)
    return found


@pytest.fixture(scope="session")
def judge(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> LoadedJudge:
    """That version in memory."""
    return load(tmp_path_factory.mktemp("judge"), trained)


@pytest.fixture
def stranger(tmp_path: Path) -> LoadedJudge:
    """A small version with random weights and the heads style and light, which remembers nothing."""
    path, config = make_version(tmp_path / "stranger")
    return ArtEngine().load(path, config, "cpu")
