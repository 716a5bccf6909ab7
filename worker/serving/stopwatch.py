"""What a child's batches took, remembered until the next report to SQL."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence

from shared import speeds
from shared.database import Database
from shared.jobs import Job

#: More samples than SQL keeps need not be remembered either.
MOST = speeds.KEPT


class Stopwatch:
    """Seconds a piece, by version and operation. Written in one thread and flushed in another."""

    def __init__(self, device_kind: str) -> None:
        self._device_kind = device_kind
        self._lock = threading.Lock()
        self._seconds: dict[tuple[str, str], list[float]] = defaultdict(list)

    def took(self, batch: Sequence[Job], seconds: float) -> None:
        """A batch of one version and operation took so long, from its first pass to its record."""
        if not batch:
            return
        first = batch[0]
        with self._lock:
            known = self._seconds[first.version_id or first.family, first.operation]
            known.append(seconds / sum(pieces(job) for job in batch))
            del known[:-MOST]

    def flush(self, db: Database) -> None:
        """Write what is new. Raises what the database raises; then it is lost, which does no harm."""
        with self._lock:
            news, self._seconds = self._seconds, defaultdict(list)
        for (subject, operation), seconds in news.items():
            speeds.learn(db, subject, operation, self._device_kind, seconds)


def pieces(job: Job) -> int:
    """How many results a job asks for."""
    count = job.input.get("count", 1)
    return count if isinstance(count, int) and count > 0 else 1
