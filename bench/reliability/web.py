"""Webs that are killed between accepting a request and answering it, and the client that asks again.

``python -m bench.reliability.web`` is Atelier's own, but dies by SIGKILL when it rings the bell while
the file in BENCH_KILL_AT is there: the job is committed, and nobody has been told.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.reliability.ground import Ground
from bench.stack import free_port
from bench.web_server import _running as running
from shared.broker import Bell

PATIENCE_SECONDS = 60.0


@contextmanager
def atelier_address(ground: Ground) -> Iterator[str]:
    """The address of the web over a database, a store and a bell."""
    port = free_port()
    environment = {
        "ATELIER_HOME": str(ground.settings.home),
        "ATELIER_DATABASE_URL": ground.settings.database_url,
        "ATELIER_REDIS_URL": ground.settings.redis_url,
        "ATELIER_STORE_URL": ground.settings.store_url,
        "ATELIER_PORT": str(port),
        "BENCH_KILL_AT": str(ground.kill_web),
    }
    command = [sys.executable, "-m", "bench.reliability.web"]
    with running(command, environment, port, ground.kill_web.with_name("web.log")) as address:
        yield address


@contextmanager
def celery_address(folder: Path, redis_url: str, order: Path) -> Iterator[str]:
    """The address of a small Flask application that sends tasks to stock Celery."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "bench.reliability.celery_web:app", "--worker-class", "gthread"),
        *("--workers", "1", "--threads", "4", "--bind", f"127.0.0.1:{port}"),
    ]
    environment = {"BENCH_REDIS": redis_url, "BENCH_KILL_AT": str(order)}
    with running(command, environment, port, folder / "web.log") as address:
        yield address


def persistent_post(url: str, body: dict[str, Any], key: str, order: Path) -> dict[str, Any]:
    """What the web answers in the end. The first request kills the process that serves it."""
    order.write_text("web")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = httpx.post(url, json=body, headers={"Idempotency-Key": key}, timeout=10, trust_env=False)
            if order.exists():
                raise RuntimeError(f"the web answered, and was to be killed: {answer.text}")
            document: dict[str, Any] = answer.raise_for_status().json()
            return document
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def die_if_ordered() -> None:
    """SIGKILL this process when the file in BENCH_KILL_AT is there; the file goes with it."""
    order = Path(os.environ["BENCH_KILL_AT"])
    if order.exists():
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Atelier's web with the one change."""
    from web.__main__ import main as serve

    ring = Bell.ring

    def last_ring(self: Bell, lane: str) -> bool:
        die_if_ordered()
        return ring(self, lane)

    setattr(Bell, "ring", last_ring)  # noqa: B010 - the class is not ours to assign to
    return serve()


if __name__ == "__main__":
    sys.exit(main())
