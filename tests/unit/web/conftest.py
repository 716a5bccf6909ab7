"""The application on a temporary SQLite, a studio to fill it, and clients of it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.database import Database
from shared.library import Model
from shared.migrate import migrate
from shared.settings import Settings
from tests.unit.web.critics import Critics
from tests.unit.web.music import Musicians
from tests.unit.web.seed import Studio
from web.app import create_app
from web.context import Services


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database as the migrations leave it; copied, for making it takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "atelier.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.engine.dispose()
    return path


@pytest.fixture(autouse=True)
def quick_disk(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migrated database where the settings expect one, and no waiting for the disk."""
    shutil.copy(migrated, tmp_path / "atelier.db")
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)


@pytest.fixture
def app(settings_for: Callable[..., Settings]) -> Iterator[Flask]:
    """The application with nothing in it."""
    made = create_app(settings_for())
    yield made
    made.extensions["atelier"].hub.stop()
    made.extensions["atelier"].db.engine.dispose()


@pytest.fixture
def parts(app: Flask) -> Services:
    """What the application stands on."""
    found: Services = app.extensions["atelier"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A program that asks."""
    return app.test_client()


@pytest.fixture
def studio(parts: Services) -> Studio:
    """A studio whose worker has come and announced its families."""
    made = Studio(parts.db, parts.store)
    made.announce()
    made.worker()
    return made


@pytest.fixture
def dataset_id(studio: Studio) -> str:
    """A data set."""
    return studio.dataset()


@pytest.fixture
def model(studio: Studio) -> Model:
    """A model, without a version until ``version_id`` is asked for."""
    return studio.model()


@pytest.fixture
def version_id(studio: Studio, model: Model, dataset_id: str) -> str:
    """A version of the model."""
    return studio.version(model, dataset_id)


@pytest.fixture
def musicians(parts: Services) -> Musicians:
    """A studio whose worker has come and announced a family of music beside the others."""
    made = Musicians(parts.db, parts.store)
    made.announce()
    made.worker()
    return made


@pytest.fixture
def chorales(musicians: Musicians) -> Model:
    """A model of music, without a version until ``music_version`` is asked for."""
    return musicians.ensemble()


@pytest.fixture
def music_version(musicians: Musicians, chorales: Model) -> str:
    """A version of that model."""
    return musicians.learned(chorales, musicians.songbook())


@pytest.fixture
def critics(parts: Services) -> Critics:
    """A studio whose worker has come and announced an analyser of pictures and a muse beside the others."""
    made = Critics(parts.db, parts.store)
    made.announce()
    made.worker()
    return made
