"""A worker that cannot work says why and leaves with a non-zero exit code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.database import Database
from shared.settings import Settings
from tests.support.workers import PATIENCE, ROOT, WorkerProcess, eventually

BROKEN_ENGINE = """
from tests.families.toy import GENERATE
from shared.catalogue import FamilyDescription, OperationDescription
from worker.family import FamilySpec

OPERATION = OperationDescription("make", "Make", "Makes.", "interactive", GENERATE)
FAMILY = FamilySpec(FamilyDescription("cracked", "1", "T", "D", "m", (OPERATION,)), "cracked_engine:create")
"""


def start(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", *options],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture
def home(tmp_path: Path) -> str:
    return str(tmp_path / "home")


def test_an_unknown_lane(home: str) -> None:
    done = start("--lanes", "interactive,fast", ATELIER_HOME=home)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "atelier worker: there is no lane 'fast'; there is interactive, training, ingest"
    )


def test_an_unknown_device(home: str) -> None:
    done = start("--device", "cuda:99", ATELIER_HOME=home)
    assert done.returncode == 1
    assert "there is no device 'cuda:99' here" in done.stderr


def test_a_broken_family(home: str) -> None:
    done = start("--families", "nowhere.at_all", ATELIER_HOME=home)
    assert done.returncode == 1
    assert "the family nowhere.at_all cannot be imported" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there(home: str) -> None:
    url = "postgresql://nobody@127.0.0.1:9/atelier"
    done = start(ATELIER_HOME=home, ATELIER_DATABASE_URL=url)
    assert done.returncode == 1
    assert "the database does not answer" in done.stderr


def test_a_database_of_a_newer_version(home: str, db: Database, database_url: str) -> None:
    with db.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = start(ATELIER_HOME=home, ATELIER_DATABASE_URL=database_url)
    assert done.returncode == 1
    assert "newer than this Atelier" in done.stderr


def test_a_broken_engine_stops_the_parent(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cracked.py").write_text(BROKEN_ENGINE)
    (tmp_path / "cracked_engine.py").write_text("raise RuntimeError('the engine is cracked')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broken = settings.model_copy(update={"families": "cracked"})
    with WorkerProcess(broken, tmp_path / "worker.log") as worker:
        assert worker.process.wait(PATIENCE) == 1
        assert "atelier worker: the engine of the family cracked" in worker.output()
        assert "the engine is cracked" in worker.output()


def test_a_worker_for_ingest_alone_imports_no_torch(
    settings_for: Callable[..., Settings], db: Database, bell: object, tmp_path: Path
) -> None:
    url = bell.url  # type: ignore[attr-defined]
    with WorkerProcess(settings_for(redis_url=url, lanes="ingest"), tmp_path / "worker.log") as worker:
        child = worker.wait_ready(db)
        maps = Path(f"/proc/{child.pid}/maps").read_text()
        assert "libtorch" not in maps
        assert child.families == ["collection"]


def test_without_redis_a_worker_works_and_leaves_when_told(
    settings_for: Callable[..., Settings], db: Database, tmp_path: Path
) -> None:
    nowhere = settings_for(redis_url=f"unix://{tmp_path}/no.sock", families="tests.families.toy")
    with WorkerProcess(nowhere, tmp_path / "worker.log") as worker:
        worker.wait_ready(db)
        assert worker.terminate() == 0, worker.output()
        assert eventually(lambda: not worker.children(db))
