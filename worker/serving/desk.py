"""The one thread of a child that works: woken by the bell, and looking in SQL itself while it is silent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from shared.errors import AtelierError
from worker.runner import serve
from worker.serving.place import Place

log = logging.getLogger(__name__)

#: How often an idle child looks in SQL without a bell.
LOOK_SECONDS = 1.0
#: Pause after a surprise, so that a broken database or disk does not make a busy loop.
PAUSE_SECONDS = 2.0


class Desk:
    """Serves one batch after another. torch computes in this thread only: one pool of its threads."""

    def __init__(
        self,
        place: Place,
        prepare: Callable[[], None] = lambda: None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._place = place
        self._prepare = prepare
        self._look_seconds = look_seconds
        self._changed = threading.Condition()
        self._calls = 0
        self._answered = 0
        self._left = False
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """Begin to work; ``prepare`` runs first, in the working thread."""
        self._thread.start()

    def call(self) -> None:
        """The bell rang: look for work. Returns when there is none left (or the worker drains)."""
        with self._changed:
            self._calls += 1
            mine = self._calls
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._left or self._answered >= mine)

    def drain(self) -> None:
        """Take no more work; what is in hand is finished or handed back."""
        self._place.draining.set()
        with self._changed:
            self._changed.notify_all()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the work has ended after ``drain``; tells whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        draining = self._place.draining
        try:
            self._prepare()
            while not draining.is_set():
                with self._changed:
                    seen = self._calls
                self._serve_what_waits()
                with self._changed:
                    self._answered = seen
                    self._changed.notify_all()
                    if self._calls == seen and not draining.is_set():
                        self._changed.wait(self._look_seconds)
        finally:
            self._place.finisher.wait()
            with self._changed:
                self._left = True
                self._changed.notify_all()

    def _serve_what_waits(self) -> None:
        place = self._place
        try:
            while not place.draining.is_set():
                if any(serve(place, lane, ahead=True) for lane in place.lanes):
                    continue
                # The end of a batch may let an owner at a limit have more.
                if not place.finisher.wait():
                    return
        except AtelierError as error:
            log.warning("no work can be taken now: %s", error)
            place.draining.wait(PAUSE_SECONDS)
        except Exception:
            log.exception("a batch ended in a surprise")
            place.draining.wait(PAUSE_SECONDS)
