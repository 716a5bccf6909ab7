"""A child's own account in SQL: alive, what it is, what it holds, what it does."""

from __future__ import annotations

import logging
import os
import socket
import threading

import psutil

from shared import workers
from shared.errors import AtelierError
from shared.one_host import HOST_KEY, this_machine
from shared.workers import WorkerReport
from worker.serving.place import Place

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0


class Presence:
    """Beats from a thread until ``leave``."""

    def __init__(self, place: Place, beat_seconds: float = BEAT_SECONDS) -> None:
        self._place = place
        self._beat_seconds = beat_seconds
        self._ready = False
        self._machine = this_machine().told()
        # Two threads report; at the first report of a worker both would insert its row.
        self._one_at_a_time = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_over, name="presence", daemon=True)

    def start(self) -> None:
        """Appear as starting."""
        self._thread.start()

    def ready(self) -> None:
        """From now on the child is idle or busy."""
        self._ready = True
        self.beat()

    def leave(self) -> None:
        """Say goodbye; what was in hand has been handed back."""
        self._over.set()
        self._thread.join(timeout=self._beat_seconds)
        try:
            workers.leave(self._place.db, self._place.worker_id)
        except AtelierError as error:
            log.warning("could not say goodbye: %s", error)

    def beat(self) -> None:
        """Report once. A database that is away is only logged."""
        try:
            with self._one_at_a_time:
                if workers.beat(self._place.db, self.report()):
                    self._place.draining.set()
            self._place.stopwatch.flush(self._place.db)
        except AtelierError as error:
            log.warning("could not report to the database: %s", error)

    def report(self) -> WorkerReport:
        """What is told now."""
        place = self._place
        current = place.current_jobs()
        info = {
            "title": place.device.title,
            "memory": place.device.memory,
            "rss": psutil.Process().memory_info().rss,
            "weights": place.cache.nbytes,
            HOST_KEY: self._machine,
        }
        return WorkerReport(
            id=place.worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=place.device.name,
            lanes=list(place.lanes),
            families=place.families,
            state=self._state(current),
            holds=place.cache.holds(),
            jobs=current,
            info=info,
        )

    def _state(self, current: list[str]) -> str:
        if self._place.draining.is_set():
            return "draining"
        if not self._ready:
            return "starting"
        return "busy" if current else "idle"

    def _beat_until_over(self) -> None:
        while not self._over.is_set():
            try:
                self.beat()
            except Exception:
                # A missing beat makes the worker look gone; no surprise may end this thread.
                log.exception("the report failed")
            self._over.wait(self._beat_seconds)
