"""Ports are checked before anything is started."""

import errno
import socket
from collections.abc import Iterator

import pytest

from cli.stack.ports import claim_port
from shared.errors import ConfigurationError, Conflict


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_taken_port_is_a_clear_error(taken: int) -> None:
    with pytest.raises(Conflict) as refused:
        claim_port("127.0.0.1", taken)
    assert f"Port {taken}" in refused.value.message
    assert "--port" in refused.value.message


def test_zero_finds_a_free_one() -> None:
    port = claim_port("127.0.0.1", 0)
    assert port > 0
    assert claim_port("127.0.0.1", port) == port


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1"):
        claim_port("192.0.2.1", 0)


def test_a_privileged_port_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", refuse)
    with pytest.raises(ConfigurationError, match="administrator"):
        claim_port("127.0.0.1", 80)
