"""A real web process over the database of a test, for tests of what happens when it or its database fails."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from shared.settings import Settings
from tests.support.workers import ROOT, environment_of, eventually, kill_group

LISTENING = re.compile(r"Listening at: (http://[\d.:]+)")


class WebProcess:
    """``python -m web`` on a free port, in a process group of its own; its log is kept in a file.

    ``module`` may name another one that does something to the process and then runs the web.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        *,
        module: str = "web",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        own = {"ATELIER_HOST": "127.0.0.1", "ATELIER_PORT": "0", "ATELIER_LOG_LEVEL": "INFO"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=environment_of(settings) | own | dict(environment or {}),
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self.address = eventually(self._address)
            self.http = httpx.Client(base_url=self.address, timeout=60.0, trust_env=False)
            self.wait_ready()
        except BaseException:
            kill_group(self.process)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_ready(self) -> None:
        """Wait until it answers and its database does."""
        eventually(self._answers)

    def serving(self) -> psutil.Process:
        """The process that serves; its parent starts another one when it dies."""
        (found,) = eventually(lambda: psutil.Process(self.process.pid).children())
        return found

    def predict(self, version: str, key: str | None = None, **given: Any) -> httpx.Response:
        """Ask for a prediction."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post("/v1/predictions", json={"version": version, "input": given}, headers=headers)

    def upload(self, name: str, *files: tuple[str, bytes], key: str | None = None) -> httpx.Response:
        """Ask for a data set of these files."""
        headers = {} if key is None else {"Idempotency-Key": key}
        parts = [("files", (file, data, "application/octet-stream")) for file, data in files]
        return self.http.post("/v1/datasets", data={"name": name}, files=parts, headers=headers)

    def output(self) -> str:
        """The log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """Kill whatever is left of the process group."""
        self.http.close()
        kill_group(self.process)

    def _address(self) -> str | None:
        if self.process.poll() is not None:
            raise AssertionError(f"the web ended:\n{self.output()}")
        found = LISTENING.search(self.output())
        return None if found is None else found[1]

    def _answers(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False
