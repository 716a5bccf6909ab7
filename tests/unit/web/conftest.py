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
from tests.unit.web.critics import Critics, example
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


@pytest.fixture
def salon(critics: Critics, model: Model) -> dict[str, str]:
    """A studio in which everything was looked at and asked; the pages it has."""
    dataset = critics.dataset()
    version = critics.version(model, dataset)
    made = critics.make(model, version, seed=11)
    judge, judged = critics.judge(dataset)
    muse, known = critics.muse(dataset)
    contents = critics.contents(28)
    analysis = critics.analysis(judge, judged, made[0])
    table = {"table": ("text/csv", b"name,style\n")}
    survey = example("picture_survey", contents)
    _, surveyed = critics.told(judge, judged, "survey", survey, table, dataset=dataset)
    evaluation = example("model_evaluation", version=version)
    _, evaluated = critics.told(judge, judged, "evaluate", evaluation, maker=version)
    shown = {"preview-0": ("image/webp", critics.shown), "preview-1": ("image/webp", critics.heat)}
    board = example("inspiration", contents, version=version)
    _, inspired = critics.told(muse, known, "inspire", board, shown, work=made[1])
    _, advised = critics.told(muse, known, "advise", example("advice_picture"), shown, work=made[0])
    heard = {"preview-0": ("audio/midi", b"MThd"), "preview-0-audio": ("audio/wav", critics.sound)}
    _, tuned = critics.told(muse, known, "advise", example("advice_music"), heard, work=made[0], mood="calm")
    kept = [critics.file("output", f"{at}.png", critics.picture(), "image/png", at) for at in range(4)]
    found, _ = critics.told(muse, known, "until", example("until"), role="report", kept=kept, maker=version)
    return {
        "picture": f"/works/{analysis}",
        "survey": f"/works/{surveyed}",
        "survey2": f"/works/{surveyed}?from=30",
        "evaluation": f"/works/{evaluated}",
        "inspiration": f"/works/{inspired}",
        "advice": f"/works/{advised}",
        "music": f"/works/{tuned}",
        "until": f"/jobs/{found.id}",
        "work": f"/works/{made[0]}",
        "judge": "/models/atelier/styles",
        "muse": "/models/atelier/edo-muse",
        "models": "/models",
        "gallery": "/gallery",
        "dataset": f"/datasets/{dataset}",
        "lessons": f"/datasets/{dataset}/train?family=art_cnn",
        "ask": f"/muse?operation=inspire&work={made[1]}",
        "analyze": f"/analyze?subject={made[1]}",
    }
