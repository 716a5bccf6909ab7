"""What a family calls in the middle of long work: progress out, cancel and drain in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import HandBack
from shared.jobs import Progress
from worker.family import Checkin
from worker.serving.holding import Holding
from worker.serving.place import Place

BEAT_SECONDS = 1.0


class JobCheckin:
    """The check-in of one job. ``offer`` serves people who wait, where the work can stand still for them."""

    def __init__(
        self, place: Place, holding: Holding, job_id: str, offer: Callable[[], object] = lambda: None
    ) -> None:
        self._place = place
        self._holding = holding
        self._job_id = job_id
        self._offer = offer
        self._next = 0.0

    def __call__(self, fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        """Raises LeaseLost, Canceled or HandBack when the work must end."""
        self._holding.check(self._job_id)
        if self._place.draining.is_set():
            raise HandBack("the worker is leaving")
        if time.monotonic() >= self._next:
            self._holding.beat(self._job_id, Progress(fraction, dict(detail or {})))
            self._place.bell.nudge(self._job_id)
            self._next = time.monotonic() + BEAT_SECONDS
        self._offer()

    def part(self, begin: float, end: float) -> Checkin:
        """A check-in for a part of the work: its 0 to 1 is ``begin`` to ``end`` of the whole."""

        def checkin(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
            self(begin + (end - begin) * fraction, detail)

        return checkin
