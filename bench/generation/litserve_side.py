"""Requests a second of LitServe: every request outstanding at once, answers in memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.stack import free_port, wait

ROOT = Path(__file__).parents[2]
#: Batch sizes that are tried, and for how many seconds a batch waits to fill.
BATCHES = {"painter": (1, 2, 4, 16), "recurrent": (64, 128, 256)}
TIMEOUTS = (0.005, 0.05)
SWEEP_REQUESTS = 256


@dataclass(frozen=True)
class Best:
    """LitServe's best settings for one network."""

    batch: int
    timeout: float


def installed() -> bool:
    """Whether litserve is there (the extra ``bench``)."""
    return find_spec("litserve") is not None


def best_settings(subject: str, threads: int) -> Best:
    """The quickest of a short sweep."""
    tried = [
        Best(batch, timeout)
        for batch in BATCHES[subject]
        for timeout in (TIMEOUTS if batch > 1 else TIMEOUTS[:1])
    ]
    return max(tried, key=lambda best: rate(subject, best, SWEEP_REQUESTS, threads))


def rate(subject: str, best: Best, count: int, threads: int) -> float:
    """Answers a second, from the first request sent to the last answer read; the server is warm."""
    with _server(subject, best, threads) as port:
        asyncio.run(_all(port, range(10_000_000, 10_000_000 + 2 * best.batch)))
        began = time.perf_counter()
        asyncio.run(_all(port, range(count)))
        return count / (time.perf_counter() - began)


@contextmanager
def _server(subject: str, best: Best, threads: int) -> Iterator[int]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "bench.generation.lit_server", subject, "--port", str(port)),
        *("--threads", str(threads), "--batch", str(best.batch), "--batch-timeout", str(best.timeout)),
    ]
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("w+b") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait(lambda: _answers(port, process, Path(log.name)), pause=0.1)
            yield port
        finally:
            for one in (*psutil.Process(process.pid).children(recursive=True), process):
                one.kill()
            process.wait()


def _answers(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"LitServe ended:\n{log.read_text(errors='replace')}")
    try:
        asyncio.run(_all(port, [0]))
    except (OSError, asyncio.IncompleteReadError, RuntimeError):
        return False
    return True


async def _all(port: int, seeds: range | list[int]) -> None:
    await asyncio.gather(*(_one(port, seed) for seed in seeds))


async def _one(port: int, seed: int) -> None:
    body = json.dumps({"seed": seed})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = await reader.read()
    finally:
        writer.close()
    head, _, told = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0] or not json.loads(told)["output"]:
        raise RuntimeError(f"LitServe answered {head[:80]!r}")
