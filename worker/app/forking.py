"""Keeps threads of the parent out of the way of a fork."""

from __future__ import annotations

import os
import threading
from types import TracebackType


class ForkGuard:
    """Held by a thread of the parent while it uses a library with locks of its own (a database driver).

    A fork in the middle of such a call would leave the child with locks that nobody opens, so a fork waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def arm(self) -> None:
        """From now on forks wait for whoever holds this; called once in a process."""
        os.register_at_fork(
            before=self._lock.acquire,
            after_in_parent=self._lock.release,
            after_in_child=self._lock.release,
        )

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
