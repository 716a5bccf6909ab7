"""A child that was killed cannot say goodbye; the one that takes its place does it for the dead."""

from __future__ import annotations

import logging
import socket

import psutil

from shared import jobs, workers
from shared.database import Database
from shared.errors import AtelierError

log = logging.getLogger(__name__)


def bury(db: Database, name: str) -> list[str]:
    """Strike off the children of the worker ``name`` on this machine whose process is gone.

    Nobody can write for them any more, so their jobs need not wait for the leases to run out. Gives the ids.
    """
    try:
        dead = [
            row.id
            for row in workers.list_workers(db)
            if row.id.startswith(f"{name}/")
            and row.host == socket.gethostname()
            and not psutil.pid_exists(row.pid)
        ]
        for worker_id in dead:
            jobs.expire_leases(db, worker_id)
            workers.leave(db, worker_id)
    except AtelierError as error:
        log.warning("the dead are left to the sweep: %s", error)
        return []
    return dead
