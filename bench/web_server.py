"""One web process as `atelier web` starts it, and a bare Flask route under the same server beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.noop.studio import Studio
from bench.stack import free_port, wait

ROOT = Path(__file__).parents[1]


@contextmanager
def atelier_web(place: Studio) -> Iterator[str]:
    """The real web over a studio's database; gives its address."""
    environment = {
        "ATELIER_HOME": str(place.settings.home),
        "ATELIER_DATABASE_URL": place.settings.database_url,
        "ATELIER_REDIS_URL": place.settings.redis_url,
        "ATELIER_STORE_URL": place.settings.store_url,
        "ATELIER_MAX_QUEUED": str(place.settings.max_queued),
    }
    port = free_port()
    command = [sys.executable, "-m", "web"]
    environment["ATELIER_PORT"] = str(port)
    with _running(command, environment, port, place.folder / "web.log") as address:
        yield address


@contextmanager
def bare_web(place: Studio) -> Iterator[str]:
    """A Flask app of two routes (a constant; one row inserted) under the same server; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare_flask"]
    environment = {"BENCH_DATABASE": str(place.folder / "bare.db"), "ATELIER_PORT": str(port)}
    with _running(command, environment, port, place.folder / "bare.log") as address:
        yield address


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[str]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait(lambda: _answers(address, process, log), 20)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _answers(address: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(log.read_text(errors="replace"))
    try:
        return httpx.get(f"{address}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False
