"""A local Atelier for a bench: started as people start it, in a folder of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

WAIT_SECONDS = 180.0
TICK_SECONDS = 0.005
STARTER_DATA_SETS = 3


class Stack:
    """A running ``atelier up`` and a client of it."""

    def __init__(self, home: Path, threads: int = 0) -> None:
        self.home = home
        self.began = time.perf_counter()
        (home / "run").mkdir(parents=True, exist_ok=True)
        self._address = home / "run" / "address"
        self._address.unlink(missing_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")}
        self.port = free_port()
        self._output = (home / "up.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli.main", "up", "--home", str(home), "--port", str(self.port)],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**inherited, "ATELIER_THREADS": str(threads)},
        )
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=120.0, trust_env=False)

    def since_start(self) -> float:
        """Seconds since ``atelier up`` was started."""
        return time.perf_counter() - self.began

    def wait_for_answer(self) -> float:
        """Seconds from the start to the first answer over HTTP."""
        wait(self._answers)
        return self.since_start()

    def wait_for_worker(self) -> float:
        """Seconds from the start until a worker takes interactive jobs."""
        wait(lambda: any(w["state"] == "idle" and "interactive" in w["lanes"] for w in self.workers()))
        return self.since_start()

    def settle(self) -> None:
        """Wait until the starter pack is in: a bench measures an idle machine."""
        wait(lambda: len(self.http.get("/v1/datasets").json()["results"]) >= STARTER_DATA_SETS)
        wait(lambda: not self.processes("worker.starter"))

    def workers(self) -> list[dict[str, Any]]:
        """The workers as the API tells them."""
        return list(self.http.get("/v1/workers").raise_for_status().json()["results"])

    def predict(self, version: str, seed: int) -> dict[str, Any]:
        """One prediction, held until it has ended."""
        body = {"version": version, "input": {"seed": seed, "count": 1}}
        answer = self.http.post("/v1/predictions", json=body, headers={"Prefer": "wait=60"})
        while answer.status_code == 503:  # the worker has not come yet
            time.sleep(TICK_SECONDS)
            answer = self.http.post("/v1/predictions", json=body, headers={"Prefer": "wait=60"})
        job: dict[str, Any] = answer.raise_for_status().json()
        if job["status"] != "succeeded":
            raise RuntimeError(f"the prediction is {job['status']}: {job['error']}")
        return job

    def processes(self, *words: str) -> list[psutil.Process]:
        """The stack's processes whose command line has every one of ``words``."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [process for process in found if set(words) <= set(command_line(process))]

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        self.http.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT_SECONDS)
        self._output.close()

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"atelier up ended:\n{(self.home / 'up.txt').read_text()}")
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False


@contextmanager
def running(home: Path, threads: int = 0) -> Iterator[Stack]:
    """A stack on ``home`` that answers, has an idle worker and its starter pack; stopped at the end."""
    stack = Stack(home, threads)
    try:
        stack.wait_for_answer()
        stack.wait_for_worker()
        stack.settle()
        yield stack
    finally:
        stack.stop()


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home that goes away."""
    with tempfile.TemporaryDirectory(prefix="atelier-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def wait(condition: Callable[[], object], seconds: float = WAIT_SECONDS, pause: float = TICK_SECONDS) -> None:
    """Wait until ``condition`` holds, looking every ``pause`` seconds. Raises TimeoutError."""
    deadline = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > deadline:
            raise TimeoutError("waited too long")
        time.sleep(pause)


def command_line(process: psutil.Process) -> list[str]:
    """The words of a process's command line; none when it has just ended."""
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def free_port() -> int:
    """A port nobody listens on."""
    from cli.stack.ports import claim_port

    return claim_port("127.0.0.1", 0)
