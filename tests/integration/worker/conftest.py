"""A home with a bell, a database, a store and the toy family."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.artifacts import Store, open_store
from shared.database import Database
from shared.settings import Settings
from tests.support.bell import BellServer
from tests.support.workers import WorkerProcess


@pytest.fixture
def settings(settings_for: Callable[..., Settings], bell: BellServer) -> Settings:
    return settings_for(
        redis_url=bell.url, families="tests.families.toy", lease_seconds=20.0, checkpoint_seconds=0.5
    )


@pytest.fixture
def shelf(settings: Settings) -> Store:
    """The store that the worker uses."""
    return open_store(settings.store_url)


@pytest.fixture
def worker(settings: Settings, db: Database, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker of all lanes that is ready."""
    with WorkerProcess(settings, tmp_path / "worker.log") as process:
        process.wait_ready(db)
        yield process
