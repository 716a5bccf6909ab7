"""``python -m tests.support.dying_web``: the web, whose serving process is killed once where a file says.

The file in ATELIER_CRASH_AT names the place, before_commit or after_commit of the transaction that inserts a
job, and goes with the process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Pool, event

from shared import prepared
from web.__main__ import main

INSERT = "INSERT INTO jobs "


def arm(order: Path) -> None:
    """Kill this process where ``order`` says, whenever it says so."""
    here = threading.local()

    execute = prepared._execute

    def executed(connection: Connection, compiled: Any, values: Any) -> Any:
        cursor = execute(connection, compiled, values)
        if compiled.sql.startswith(INSERT):
            here.inserted = True
        return cursor

    def commits(_: Connection) -> None:
        # SQLAlchemy tells of a COMMIT just before it.
        if getattr(here, "inserted", False):
            _die_if(order, "before_commit")

    def gives_up(_: Connection) -> None:
        here.inserted = False

    def comes_back(*_: Any) -> None:
        # The connection goes back to the pool when the transaction has ended, and before anybody is answered.
        if getattr(here, "inserted", False):
            here.inserted = False
            _die_if(order, "after_commit")

    # The statements of a submit are prepared: SQLAlchemy tells nobody of them.
    prepared._execute = executed
    event.listen(Engine, "commit", commits)
    event.listen(Engine, "rollback", gives_up)
    event.listen(Pool, "checkin", comes_back)


def _die_if(order: Path, place: str) -> None:
    if order.exists() and order.read_text() == place:
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    arm(Path(os.environ["ATELIER_CRASH_AT"]))
    sys.exit(main())
