"""The bell as requests ring it: behind the answer, so that who submits does not wait for Redis.

A ring says that a lane has work, not how much: rings that come together are one. Between two rings lies a
pause so short that nobody notices, and long enough that a burst of submits does not ring for each.
"""

import threading
import time

from shared.broker import Bell

#: Each ring wakes one worker, who takes a batch: a burst of a tenth of a second wakes five.
PAUSE_SECONDS = 0.02


class WebBell:
    """Rings lanes in a thread of its own, which starts with the first ring; nudges at once."""

    def __init__(self, bell: Bell, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._bell = bell
        self._pause_seconds = pause_seconds
        self._changed = threading.Condition()
        self._lanes: set[str] = set()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def ring(self, lane: str) -> None:
        """Have the lane rung; call it after the commit. Returns at once."""
        with self._changed:
            self._lanes.add(lane)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
            self._changed.notify()

    def nudge(self, job_id: str) -> bool:
        """Tell whoever watches that the job changed. Never raises."""
        return self._bell.nudge(job_id)

    def stop(self) -> None:
        """End the thread; what was to be rung still is."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while lanes := self._next():
            for lane in sorted(lanes):
                self._bell.ring(lane)
            time.sleep(self._pause_seconds)

    def _next(self) -> set[str]:
        """The lanes to ring now, waited for; none when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._lanes or self._stopped)
            lanes, self._lanes = self._lanes, set()
            return lanes
