"""What the tests of the command line share."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from cli.client import Client
from tests.support.fake_server import FakeServer


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A folder whose path is short enough for a unix socket."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="at-") as folder:
        yield Path(folder)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def client(server: FakeServer) -> Iterator[Client]:
    with Client("http://atelier.test", "s3cret", httpx.MockTransport(server)) as made:
        yield made


@pytest.fixture
def run(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run ``atelier`` with arguments against the fake server; gives exit code, stdout, stderr."""
    from cli import connect, main

    def fake(address: str, password: str | None = None) -> Client:
        return Client(address, password, httpx.MockTransport(server))

    monkeypatch.setattr(connect, "Client", fake)
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run_it(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main.main(list(arguments))
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run_it
