"""The end of a batch, in a thread of its own: while files and records are written the device computes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

log = logging.getLogger(__name__)


class Finisher:
    """Ends one batch at a time; the next waits until the one before is recorded. One thread uses it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="finish")
        self._last: Future[None] | None = None

    def begin(self, finish: Callable[[], None]) -> None:
        """Run ``finish`` once the batch before has ended."""
        self.wait()
        self._last = self._pool.submit(_logged, finish)

    def wait(self) -> bool:
        """Wait for the end of the last batch; False when it was waited for before."""
        last, self._last = self._last, None
        if last is None:
            return False
        last.result()
        return True


def _logged(finish: Callable[[], None]) -> None:
    try:
        finish()
    except Exception:
        log.exception("a batch ended in a surprise")
