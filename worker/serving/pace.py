"""How many jobs a claim takes: about half a second's work, in whole passes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from shared.jobs import Job
from worker.serving.stopwatch import pieces

#: Who comes meanwhile waits for the batch to end, so it is short; what a claim costs is small beside it.
BATCH_SECONDS = 0.5
#: A first claim, while nothing is known.
FIRST = 32
#: More batch keys need not be remembered.
MOST_KEYS = 1000


class Pace:
    """Learns from each batch how large the next one of its key may be; never more than ``most`` jobs.

    Written in one thread and read in another.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._limits: OrderedDict[str, int] = OrderedDict()

    def took(self, batch: Sequence[Job], shape: int, seconds: float) -> None:
        """Jobs of one batch key took so long in passes of ``shape`` rows, filled up where they were fewer."""
        if not batch or batch[0].batch_key is None:
            return
        rows = sum(pieces(job) for job in batch)
        made = -(-rows // shape) * shape
        room = int(BATCH_SECONDS * made / max(seconds, 1e-6))
        # What a pass has room for costs nothing more.
        room = max(shape, room // shape * shape)
        with self._lock:
            self._limits[batch[0].batch_key] = max(1, min(self._most, room * len(batch) // rows))
            self._limits.move_to_end(batch[0].batch_key)
            while len(self._limits) > MOST_KEYS:
                self._limits.popitem(last=False)

    def limit(self, key: str | None) -> int:
        """The most jobs of one batch key to claim."""
        with self._lock:
            return self._limits.get(key or "", self._first)

    @property
    def _first(self) -> int:
        return min(self._most, FIRST)
