"""People do not wait for long work: in its middle, jobs of quicker lanes are served in place."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from shared.errors import AtelierError
from worker.randomness import preserved
from worker.serving.holding import Holding
from worker.serving.place import Place

log = logging.getLogger(__name__)

#: How often long work looks for waiting people, in seconds.
EVERY_SECONDS = 0.1


class Courtesy:
    """Offers one batch at a time to the lanes that may interrupt; the work goes on between two batches."""

    def __init__(
        self,
        place: Place,
        holding: Holding,
        lanes: Sequence[str],
        serve: Callable[[Place, str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._holding = holding
        self._lanes = [lane for lane in place.lanes if lane in lanes]
        self._serve = serve
        self._clock = clock
        self._next = 0.0

    def offer(self) -> None:
        """Look if it is time to, and serve what waits.

        The random streams of the long work are untouched, and it does not count as stalled meanwhile.
        """
        if not self._lanes or self._clock() < self._next or self._place.draining.is_set():
            return
        served = False
        with preserved(), self._holding.paused():
            try:
                served = any(self._serve(self._place, lane) for lane in self._lanes)
            except AtelierError as error:
                log.warning("no waiting job could be served: %s", error)
        # Somebody may wait behind the one just served.
        self._next = self._clock() + (0.0 if served else EVERY_SECONDS)
