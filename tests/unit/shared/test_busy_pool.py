"""When every connection is taken, a request is told to come back; it is no fault of the program."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import QueuePool

from shared.database import Database
from shared.errors import Unavailable


def test_no_free_connection_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    db.engine = create_engine(db.url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    told: list[Unavailable] = []

    def ask() -> None:
        with pytest.raises(Unavailable, match="busy") as refused, db.read():
            raise AssertionError("there was a connection")
        told.append(refused.value)

    with db.read():  # the same thread would share it
        other = threading.Thread(target=ask)
        other.start()
        other.join()
    assert len(told) == 1
    with db.read() as again:
        assert again.execute(select(1)).scalar_one() == 1
    db.engine.dispose()
