"""When every connection is taken, a request is told to come back; it is no fault of the program."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import QueuePool

from shared.database import Database
from shared.errors import Unavailable


def test_no_free_connection_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    db.engine = create_engine(db.url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with db.read(), pytest.raises(Unavailable, match="busy"), db.read() as second:
        second.execute(select(1))
    with db.read() as again:
        assert again.execute(select(1)).scalar_one() == 1
    db.engine.dispose()
