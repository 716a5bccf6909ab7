"""Finding and asking the embedded bell."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.stack import bell
from shared.errors import ConfigurationError


def options(argv: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(argv[1::2], argv[2::2], strict=True))


def test_it_keeps_what_it_is_told_and_listens_on_its_socket_only(tmp_path: Path) -> None:
    argv = bell.command(Path("/bin/server"), tmp_path / "bell.sock", tmp_path)
    assert argv[0] == "/bin/server"
    given = options(argv)
    assert given["--port"] == "0"
    assert given["--unixsocket"] == str(tmp_path / "bell.sock")
    assert given["--unixsocketperm"] == "700"
    assert given["--appendonly"] == "yes"
    assert given["--maxmemory-policy"] == "noeviction"


def test_the_wheel_brings_a_server() -> None:
    binary = bell.server_binary()
    assert binary.is_file()


def test_without_the_wheel_the_path_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setattr(bell, "_bundled", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bell.server_binary() == server


def test_without_any_server_the_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "_bundled", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError) as missing:
        bell.server_binary()
    assert missing.value.field == "ATELIER_REDIS_URL"


@pytest.mark.parametrize("broken", [ImportError("no such module"), AttributeError("moved")])
def test_a_changed_wheel_is_no_wheel(broken: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> object:
        raise broken

    monkeypatch.setattr(bell, "import_module", fail)
    assert bell._bundled() is None


def serve_once(path: Path, answer: bytes) -> Callable[[], bytes]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    heard: list[bytes] = []

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            heard.append(connection.recv(100))
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()

    def result() -> bytes:
        thread.join(5)
        return heard[0]

    return result


@pytest.mark.parametrize(("answer", "expected"), [(b"+PONG\r\n", True), (b"-LOADING wait\r\n", False)])
def test_ready_means_pong(short_tmp: Path, answer: bytes, expected: bool) -> None:
    heard = serve_once(short_tmp / "s", answer)
    assert bell.answers(short_tmp / "s") is expected
    assert heard() == b"PING\r\n"


def test_nobody_there_is_not_an_error(tmp_path: Path) -> None:
    assert not bell.answers(tmp_path / "nothing")
    bell.shut_down(tmp_path / "nothing")
