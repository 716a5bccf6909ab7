"""``atelier up`` with everything it really starts."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.bell import BellServer

START_SECONDS = 180.0


class Up:
    """A running ``atelier up``."""

    def __init__(self, home: Path, *options: str, **environment: str) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")}
        self.output = home / f"up-{len(list(home.glob('up-*')))}.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cli.main", "up", "--home", str(home), *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**inherited, "ATELIER_DEVICE": "cpu", "ATELIER_THREADS": "1", **environment},
            )

    def said(self) -> str:
        """What it has printed so far."""
        return self.output.read_text()

    def wait_for(self, condition: Callable[[], object], seconds: float = START_SECONDS) -> None:
        """Wait until ``condition`` holds; fails with what was said."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited too long\n{self.said()}"
            time.sleep(0.05)

    def ready(self) -> str:
        """The address, once it serves."""
        self.wait_for(lambda: "ready: " in self.said() or self.process.poll() is not None)
        found = re.search(r"ready: (\S+)", self.said())
        assert found, self.said()
        return found.group(1)

    def family(self) -> list[psutil.Process]:
        """Every process that belongs to it, itself excluded."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def leader(self, *words: str) -> int:
        """The pid of the direct child whose command line has ``words``."""
        for child in psutil.Process(self.process.pid).children():
            try:
                line = child.cmdline()
            except psutil.NoSuchProcess:
                continue
            if all(any(word in part for part in line) for word in words):
                return int(child.pid)
        return 0

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(90)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def make(*options: str, home: Path = tmp_path / "home", **environment: str) -> Up:
        started.append(Up(home, "--port", "0", *options, **environment))
        return started[-1]

    yield make
    for up in started:
        up.stop()
        up.stop()


def status(address: str, path: str) -> int:
    with urllib.request.urlopen(address + path, timeout=10) as answer:
        return int(answer.status)


def test_it_serves_heals_and_leaves_nothing_behind(start: Callable[..., Up]) -> None:
    up = start()
    address = up.ready()
    assert status(address, "/readyz") == 200
    assert (up.home / "run" / "address").read_text() == address

    second = start(home=up.home)
    assert second.process.wait(30) == 1
    assert f"already running on {up.home} (process {up.process.pid})" in second.said()
    assert status(address, "/readyz") == 200

    for words in (("worker", "interactive,training"), ("web",), ("bell.sock",)):
        before = up.leader(*words)
        assert before, up.said()
        os.kill(before, signal.SIGKILL)
        up.wait_for(lambda before=before, words=words: up.leader(*words) not in (0, before), 5.0)  # type: ignore[misc]
    up.wait_for(lambda: answers(address))

    family = up.family()
    assert len(family) >= 4
    assert up.stop() == 0
    gone, alive = psutil.wait_procs(family, timeout=5)
    assert not alive
    assert len(gone) == len(family)
    assert not (up.home / "run" / "address").exists()


def answers(address: str) -> bool:
    try:
        return status(address, "/readyz") == 200
    except OSError:
        return False


def test_a_killed_up_takes_its_processes_along(start: Callable[..., Up]) -> None:
    up = start()
    up.ready()
    family = up.family()
    up.process.kill()
    up.process.wait(10)
    _, alive = psutil.wait_procs(family, timeout=150)
    assert not alive
    again = start(home=up.home)
    assert status(again.ready(), "/readyz") == 200


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = Up(tmp_path / "home", "--port", str(port))
        assert up.process.wait(30) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in up.said()
    assert len(up.said().strip().splitlines()) == 1


def test_a_database_that_cannot_be_used_ends_it(start: Callable[..., Up]) -> None:
    up = start(ATELIER_DATABASE_URL="mysql://somewhere/else")
    assert up.process.wait(60) == 1
    assert "mysql is not supported" in up.said()


def test_a_given_bell_is_used(start: Callable[..., Up], bell: BellServer) -> None:
    up = start(ATELIER_REDIS_URL=bell.url)
    assert status(up.ready(), "/readyz") == 200
    assert not up.leader("valkey-server")
    up.wait_for(lambda: bell.client().client_list())
    assert up.stop(signal.SIGINT) == 0
