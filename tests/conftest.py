"""Fixtures for every suite: databases of both kinds, the bell, settings in a temporary home."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from shared.artifacts import FolderStore, Store
from shared.database import Database
from shared.migrate import migrate
from shared.settings import Settings, load_settings

if TYPE_CHECKING:
    from tests.support.bell import BellServer
    from tests.support.postgres import Postgres

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several test processes share the cores: threads of torch would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is slow: how long an example took says nothing of the property.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

STORES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator["Postgres"]:
    """A PostgreSQL server of this test run, started when a test first asks for it."""
    from tests.support.postgres import Postgres

    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database's URL: SQLite, or what an indirect parameter names."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'atelier.db'}"
    return str(request.getfixturevalue("postgres").database())


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A migrated database."""
    database = Database(database_url)
    migrate(database)
    yield database
    database.engine.dispose()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty folder store."""
    return FolderStore(tmp_path / "store")


@pytest.fixture
def bell() -> Iterator["BellServer"]:
    """A private bell."""
    from tests.support.bell import BellServer

    server = BellServer()
    yield server
    server.close()


@pytest.fixture
def settings_for(tmp_path: Path, database_url: str) -> Callable[..., Settings]:
    """Settings in a temporary home with the test's database; keywords override."""

    def make(**overrides: object) -> Settings:
        return load_settings(
            **{"home": tmp_path / "home", "database_url": database_url, "sweep_seconds": 0.5} | overrides
        )

    return make


both_stores = pytest.mark.parametrize("database_url", STORES, indirect=True)
