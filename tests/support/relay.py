"""A TCP relay to a unix socket as a process of its own: what stands between a worker and a far service."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
CHUNK = 1 << 16


class Relay:
    """Forwards every connection on ``host`` to the unix socket ``target``; ``port`` is chosen freely."""

    def __init__(self, host: str, target: Path) -> None:
        self.host = host
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.relay", host, str(target)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def cut(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self.process.send_signal(signal.SIGSTOP)

    def heal(self) -> None:
        """What was held up passes, and all that follows."""
        self.process.send_signal(signal.SIGCONT)


def serve(host: str, target: str) -> None:
    """Accept for ever; the port stands on the first line of the output."""
    with socket.create_server((host, 0)) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the parent waits for it
        while True:
            near, _ = listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(target)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


if __name__ == "__main__":
    serve(*sys.argv[1:])
