"""A crash at a named point of the worker, once: the file in ATELIER_CRASH_AT names it and goes with it.

"wait" before the name: the worker stands still there instead, until the file is gone.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from worker.serving import crash_points

EXIT_CODE = 77


def arm() -> None:
    """Crash where the file says, whenever it says so; does nothing without ATELIER_CRASH_AT."""
    path = os.environ.get("ATELIER_CRASH_AT")
    if path is None:
        return
    order = Path(path)
    in_commit = threading.local()

    def reached(name: str) -> None:
        while _says(order, f"wait {name}"):
            time.sleep(0.05)
        in_commit.near = name == "before_commit"
        if name != "before_commit":
            _crash_if(order, name)

    def commits(_: Any) -> None:
        # SQLAlchemy tells of a COMMIT when every statement of the transaction is done and it is not.
        if getattr(in_commit, "near", False):
            _crash_if(order, "before_commit")

    crash_points.arm(reached)
    event.listen(Engine, "commit", commits)


def _crash_if(order: Path, name: str) -> None:
    if _says(order, name):
        order.unlink()
        os._exit(EXIT_CODE)


def _says(order: Path, text: str) -> bool:
    try:
        return order.read_text() == text
    except FileNotFoundError:
        return False
