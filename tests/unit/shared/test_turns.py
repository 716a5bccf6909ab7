"""Threads of one process that write to SQLite wait for each other, not for SQLite."""

import threading
from pathlib import Path

import pytest

from shared import database
from shared.database import Database
from shared.errors import Unavailable
from shared.migrate import OWNER, migrate
from shared.owners import set_max_running
from tests.support.builders import queue


@pytest.fixture
def db(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(made)
    return made


def test_many_threads_write_and_none_fails(db: Database) -> None:
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(20):
                queue(db)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_who_waits_too_long_is_told_to_come_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    told: list[BaseException] = []

    def write() -> None:
        try:
            set_max_running(db, OWNER, 3)
        except Unavailable as error:
            told.append(error)

    with db.begin():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(told) == 1
    set_max_running(db, OWNER, 3)


def test_a_failed_write_gives_its_turn_back(db: Database) -> None:
    for _ in range(3):
        with pytest.raises(RuntimeError), db.begin():
            raise RuntimeError
    queue(db)


def test_a_reader_waits_for_no_writer(db: Database) -> None:
    with db.begin(), db.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_child_of_a_fork_begins_with_a_free_turn(db: Database) -> None:
    """The parent's thread that wrote in that moment does not exist in the child."""
    assert db._writing.acquire(timeout=1)
    db.dispose()
    queue(db)


def test_a_read_within_a_read_shares_its_connection(db: Database) -> None:
    with db.read() as outer:
        with db.read() as inner:
            assert inner is outer
        assert outer.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(RuntimeError), db.read():
        raise RuntimeError
    with db.read() as after:
        assert after is not outer and not after.closed


def test_threads_share_no_connection(db: Database) -> None:
    seen: list[object] = []

    def look() -> None:
        with db.read() as connection:
            seen.append(connection)

    with db.read() as mine:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen and seen[0] is not mine
