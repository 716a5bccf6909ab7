"""Pooled connections of PostgreSQL that died while nobody used them."""

import pytest
from sqlalchemy import text

from shared import database
from shared.database import Database
from shared.errors import Unavailable
from tests.support.postgres import Postgres

PID = text("SELECT pg_backend_pid()")


def cut(url: str, db: Database) -> None:
    """End the one connection that ``db`` has in its pool."""
    with db.read() as connection:
        pid = connection.execute(PID).scalar_one()
    killer = Database(url)
    with killer.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
    killer.engine.dispose()


def test_one_that_rested_is_replaced_unseen(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "RESTED_SECONDS", 0.0)
    url = postgres.database()
    db = Database(url)
    cut(url, db)
    with db.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    db.engine.dispose()


def test_one_just_used_is_told_once_as_away(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "RESTED_SECONDS", 3600.0)
    url = postgres.database()
    db = Database(url)
    cut(url, db)
    with pytest.raises(Unavailable), db.begin() as connection:
        connection.execute(text("SELECT 1"))
    with db.begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    db.engine.dispose()
