"""One ``atelier up`` a home: a lock that the kernel releases when its holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import Conflict


@contextmanager
def hold_home(home: Path) -> Iterator[None]:
    """Hold ``home`` for this process.

    Raises:
        Conflict: if another process holds it; the message says which.
    """
    path = home / "run" / "up.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise Conflict(
                f"Atelier is already running on {home} (process {holder}). "
                "Stop that one first, or choose another folder with --home."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(descriptor)
