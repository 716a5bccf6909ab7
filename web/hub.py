"""One listener a process: nudges from Redis wake every request that watches that job.

Without Redis the watchers wake by themselves about once a second and read SQL: slower, never wrong.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from shared.broker import listen
from shared.settings import Settings

#: Streams hold a thread each; the rest of the server's threads stay free for short requests.
MOST_WATCHERS = 40


class Watch:
    """One request's view of one job's nudges."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Wake the watcher."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Wait until the job changed, at most ``seconds``; gives whether a nudge came."""
        rung = self._rung.wait(seconds)
        self._rung.clear()
        return rung


class Hub:
    """Fans nudges out to watchers. The listening thread starts with the first watcher."""

    def __init__(self, settings: Settings, *, most_watchers: int = MOST_WATCHERS) -> None:
        self._settings = settings
        self._most = most_watchers
        self._lock = threading.Lock()
        self._watches: dict[str, set[Watch]] = defaultdict(set)
        self._count = 0
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    @contextmanager
    def watch(self, job_id: str) -> Iterator[Watch | None]:
        """Watch one job; None when too many requests are watching already."""
        watch = Watch()
        with self._lock:
            admitted = self._count < self._most
            if admitted:
                self._count += 1
                self._watches[job_id].add(watch)
                self._start()
        try:
            yield watch if admitted else None
        finally:
            if admitted:
                self._leave(job_id, watch)

    def ring(self, job_id: str) -> None:
        """Wake everyone who watches the job."""
        with self._lock:
            for watch in self._watches.get(job_id, ()):
                watch.ring()

    def stop(self) -> None:
        """End the listening thread."""
        self._stopped.set()

    def _leave(self, job_id: str, watch: Watch) -> None:
        with self._lock:
            self._count -= 1
            self._watches[job_id].discard(watch)
            if not self._watches[job_id]:
                del self._watches[job_id]

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._listen, name="nudges", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        for job_id in listen(self._settings, self._stopped):
            if job_id:
                self.ring(job_id)
