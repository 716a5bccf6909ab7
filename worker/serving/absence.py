"""Since when a child's database has been away, as far as all its threads have seen."""

from __future__ import annotations

import threading
import time

#: A failure so long after the last one begins a new absence: a single act may take a minute to fail.
NEW_AFTER_SECONDS = 120.0


class Absence:
    """One for each child. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: float | None = None
        self._seen_at = 0.0

    def seen(self) -> float:
        """The database has just failed: gives the monotonic second at which this absence began."""
        with self._lock:
            now = time.monotonic()
            if self._began is None or now - self._seen_at > NEW_AFTER_SECONDS:
                self._began = now
            self._seen_at = now
            return self._began

    def over(self) -> None:
        """The database has just answered."""
        with self._lock:
            self._began = None
