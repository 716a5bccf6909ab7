"""Migrations, the clock, the library and the workers' rows on both databases."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from shared import library, migrations, workers
from shared.database import Database, now
from shared.errors import ConfigurationError, Conflict, DatabaseTooNew, InvalidInput, NotFound
from shared.migrate import OWNER, migrate
from shared.tables import metadata, owners
from shared.workers import WorkerReport
from tests.conftest import both_stores


def report(identifier: str = "w1", state: str = "idle") -> WorkerReport:
    return WorkerReport(identifier, "host", 1, "cpu", ["interactive"], ["toy"], state, [], [], {"rss": 1})


@both_stores
def test_migrations_make_exactly_the_tables_of_the_code(db: Database) -> None:
    with db.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(select(owners.c.id)).scalars().all() == [OWNER]


def test_the_head_of_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_a_usual_start_does_not_load_alembic(tmp_path: Path) -> None:
    migrate(Database(f"sqlite:///{tmp_path / 'a.db'}"))
    code = (
        "import sys; from shared.migrate import migrate; from shared.database import Database;"
        f"migrate(Database('sqlite:///{tmp_path / 'a.db'}')); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@both_stores
def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        try:
            migrate(Database(database_url))
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_new_file_that_another_writes_is_waited_for(tmp_path: Path) -> None:
    """Before it has its write-ahead log SQLite does not wait by itself."""
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (x)")
    done = threading.Timer(0.5, other.execute, ("COMMIT",))
    done.start()
    with Database(f"sqlite:///{path}").read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    done.join()
    other.close()


@both_stores
def test_a_newer_database_is_refused_and_left_alone(db: Database) -> None:
    with db.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        migrate(db)
    with db.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@both_stores
def test_the_databases_clock_counts_seconds(db: Database) -> None:
    with db.read() as connection:
        value = connection.execute(select(now())).scalar_one()
    assert abs(value - time.time()) < 5


@both_stores
def test_a_rolled_back_transaction_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError, match="stop"), db.begin() as connection:
        connection.execute(text("INSERT INTO owners (id, title, created_at) VALUES ('x', 'X', 0)"))
        raise RuntimeError("stop")
    with db.read() as connection:
        assert connection.execute(select(owners.c.id)).scalars().all() == [OWNER]


@both_stores
def test_models_are_made_once_and_checked(db: Database) -> None:
    first = library.ensure_model(db, owner_id=OWNER, name="edo-prints", family="toy", title="Edo prints")
    assert library.ensure_model(db, owner_id=OWNER, name="edo-prints", family="toy") == first
    assert library.list_models(db) == [first] and library.model_by_id(db, first.id) == first
    with pytest.raises(Conflict):
        library.ensure_model(db, owner_id=OWNER, name="edo-prints", family="other")
    for name in ("", "Edo", "-x", "a" * 64, "../x"):
        with pytest.raises(InvalidInput):
            library.ensure_model(db, owner_id=OWNER, name=name, family="toy")
    with pytest.raises(NotFound):
        library.get_version(db, "0" * 64)


@both_stores
def test_workers_beat_drain_leave_and_are_missed(db: Database) -> None:
    assert workers.beat(db, report()) is False
    workers.request_drain(db, "w1")
    assert workers.beat(db, report(state="busy")) is True
    [row] = workers.list_workers(db)
    assert (row.state, row.device, row.lanes) == ("busy", "cpu", ["interactive"])
    assert row.silent_seconds < 5
    assert workers.mark_gone(db, silent_seconds=60) == []
    with db.begin() as connection:
        connection.execute(text("UPDATE workers SET seen_at = seen_at - 100"))
    assert workers.mark_gone(db, silent_seconds=60) == ["w1"]
    assert workers.list_workers(db) == [] and len(workers.list_workers(db, with_gone=True)) == 1
    workers.forget_gone(db, silent_seconds=60)
    assert workers.list_workers(db, with_gone=True) == []
    with pytest.raises(NotFound):
        workers.request_drain(db, "w1")


@pytest.mark.parametrize("url", ["mysql://x", "nonsense", ""])
def test_another_database_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigurationError, match="ATELIER_DATABASE_URL"):
        Database(url)
