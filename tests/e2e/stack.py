"""A whole Atelier as a newcomer starts it, and a client that talks to it over HTTP only."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from PIL import Image

ROOT = Path(__file__).parents[2]
PAINTINGS = ROOT / "worker" / "starter" / "data" / "paintings.zip"
#: How long a test waits for anything: a busy machine is slow, and a wait ends as soon as it can.
PATIENCE = 300.0
#: The data sets that a first start installs while it already answers.
STARTER = frozenset({"Bach chorales", "Drawn faces", "Paintings", "Edo prints"})
ENDED = frozenset({"succeeded", "failed", "canceled"})

T = TypeVar("T")
Document = dict[str, Any]


def until(look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """What ``look`` gives once it gives something true; fails when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(0.2)
    return found


class Stack:
    """``atelier up`` in a home of its own, on a free port; ``settings`` are further ATELIER_ variables."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.output = home.parent / "up.txt"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cli.main", "up", "--home", str(home), "--port", "0"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=inherited
                | {
                    "ATELIER_DEVICE": "cpu",
                    "ATELIER_THREADS": "1",
                    # A killed worker's job is taken up again after seconds and not after half a minute.
                    "ATELIER_LEASE_SECONDS": "6",
                    "ATELIER_SWEEP_SECONDS": "1",
                    "ATELIER_CHECKPOINT_SECONDS": "0.5",
                }
                | settings,
            )
        self.address = until(self._address)
        self.http = httpx.Client(base_url=self.address, timeout=90.0, trust_env=False)

    def _address(self) -> str | None:
        assert self.process.poll() is None, self.log()
        written = self.home / "run" / "address"
        return written.read_text() if written.exists() else None

    def log(self) -> str:
        """Everything that was said, for a failed test."""
        logs = sorted((self.home / "logs").glob("*.log"))
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-6000:]}" for path in [self.output, *logs]
        )

    def get(self, path: str, **query: str | int) -> Document:
        """The JSON at ``path``."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, (answer.text, self.log())
        return dict(answer.json())

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """What the server answers to ``body`` as JSON."""
        return self.http.post(path, json=body if body is not None else {}, headers=headers)

    def upload(self, name: str, *files: tuple[str, bytes]) -> httpx.Response:
        """Send files as the page does."""
        parts = [("files", (file, data, "application/octet-stream")) for file, data in files]
        return self.http.post("/v1/datasets", data={"name": name}, files=parts)

    def submit(self, path: str, body: Any) -> Document:
        """A request that must be taken: the queued job."""
        answer = self.post(path, body)
        assert answer.status_code in (201, 202), answer.text
        return dict(answer.json())

    def finish(self, job: Document) -> Document:
        """The job once it has ended."""

        def look() -> Document | None:
            found = self.get(f"/v1/jobs/{job['id']}")
            return found if found["status"] in ENDED else None

        return until(look)

    def succeed(self, job: Document) -> Document:
        """The job once it has succeeded."""
        done = self.finish(job)
        assert done["status"] == "succeeded", (done, self.log())
        return done

    def holder(self, job: Document) -> int | None:
        """The process id of the child that works on the job."""
        rows = self.get("/v1/workers")["results"]
        return next((int(row["pid"]) for row in rows if job["id"] in row["jobs"]), None)

    def families(self) -> set[str]:
        """What the workers that are there can do."""
        rows = self.get("/v1/workers")["results"]
        return {name for row in rows if row["state"] in ("idle", "busy") for name in row["families"]}

    def starter_installed(self) -> bool:
        """Whether the starter pack is whole: its data sets come last."""
        names = {row["name"] for row in self.get("/v1/datasets")["results"]}
        return names >= STARTER

    def processes(self) -> list[psutil.Process]:
        """Every process of the stack."""
        leader = psutil.Process(self.process.pid)
        return [leader, *leader.children(recursive=True)]

    def web(self) -> list[psutil.Process]:
        """The web server's processes."""
        return [process for process in self.processes() if "web" in _command(process)]

    def stop(self) -> int:
        """SIGTERM, and the exit code after everything has left."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for process in self.processes():
                process.kill()
            raise


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def paintings(count: int) -> list[tuple[str, bytes]]:
    """The first real pictures of the starter pack."""
    with zipfile.ZipFile(PAINTINGS) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))[:count]
        return [(Path(name).name, archive.read(name)) for name in names]


def recipe_in(png: bytes) -> Document:
    """The recipe that a PNG carries in its iTXt chunk "atelier"."""
    image = Image.open(io.BytesIO(png))
    image.load()
    return dict(json.loads(image.text["atelier"]))  # type: ignore[attr-defined]
