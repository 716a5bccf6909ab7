"""What every worker's parent does now and then: rescue, ring again, strike off who is gone. Idempotent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from shared import jobs, workers
from shared.artifacts import Store
from shared.database import Database
from shared.errors import AtelierError
from shared.garbage import Collector
from shared.settings import Settings
from shared.workspaces import remove_left_behind
from worker import ingesting
from worker.app.forking import ForkGuard
from worker.media import one_midi
from worker.serving.place import Ringer
from worker.serving.recording import discard

log = logging.getLogger(__name__)

#: After so many seconds the row of a worker that is gone goes too.
FORGET_SECONDS = 24 * 3600.0
LONGEST_PAUSE_SECONDS = 60.0


class Maintenance:
    """Sweeps every ``settings.sweep_seconds`` in a thread until ``stop``."""

    def __init__(
        self, settings: Settings, db: Database, store: Store, bell: Ringer, guard: ForkGuard
    ) -> None:
        self._settings = settings
        self._db = db
        self._store = store
        self._bell = bell
        self._collector = Collector(db, store)
        self._over = threading.Event()
        self._guard = guard
        self._thread = threading.Thread(target=self._sweep_until_over, name="maintenance", daemon=True)

    def start(self) -> None:
        """Sweep at once and from then on."""
        self._thread.start()

    def stop(self) -> None:
        """Sweep no more."""
        self._over.set()

    def sweep(self) -> None:
        """One round. Raises what the database raises."""
        rescued = jobs.rescue(self._db)
        for job in rescued.requeued:
            log.warning("job %s goes back to the queue: %s", job.id, job.reason)
        for job in rescued.ended:
            log.warning("job %s ended as %s: %s", job.id, job.state, job.reason)
        for job in (*rescued.requeued, *rescued.ended):
            self._bell.nudge(job.id)
        for lane in sorted(rescued.promoted):
            self._bell.ring(lane)
        discard(self._db, self._store, rescued.unneeded)
        self._collector.step()
        for prefix in (ingesting.WORKSPACES, one_midi.WORKSPACES):
            remove_left_behind(prefix)
        jobs.age(self._db)
        for lane in jobs.waiting_lanes(self._db, older_than=self._settings.sweep_seconds):
            self._bell.ring(lane)
        for worker_id in workers.mark_gone(
            self._db, silent_seconds=workers.SILENT_LEASES * self._settings.lease_seconds
        ):
            log.warning("worker %s is gone", worker_id)
        workers.forget_gone(self._db, silent_seconds=FORGET_SECONDS)

    def _sweep_until_over(self) -> None:
        pause = self._settings.sweep_seconds
        while not self._over.is_set():
            with self._guard:
                pause = self._next_pause(self.sweep, pause)
            self._over.wait(pause)

    def _next_pause(self, sweep: Callable[[], None], pause: float) -> float:
        try:
            sweep()
        except AtelierError as error:
            log.warning("maintenance waits: %s", error)
        except Exception:
            log.exception("maintenance failed; it goes on")
        else:
            return self._settings.sweep_seconds
        return min(LONGEST_PAUSE_SECONDS, pause * 2)
