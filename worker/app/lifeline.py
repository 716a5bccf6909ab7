"""Two pipes between a worker's parent and its children, made before the fork.

The *lifeline* carries nothing: the parent holds its writing end, and every child reads end-of-file when the
parent lets go, on purpose (a drain) or because it died in any way. The *report* line carries one line of
JSON from a child that cannot start, or was drained by request, to the parent, which then stops.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

#: In characters: even escaped, a line is shorter than PIPE_BUF, so lines of several children do not mix.
LONGEST_REPORT = 600


@dataclass(frozen=True)
class Report:
    """One line from a child. ``failure`` says why it cannot work; without one it was drained by request."""

    worker_id: str
    failure: str = ""


@dataclass
class Lifeline:
    """Made by the parent; ``join`` is called once in each child."""

    parent_pid: int = field(default_factory=os.getpid)
    _held: tuple[int, int] = field(default_factory=os.pipe)
    _report: tuple[int, int] = field(default_factory=os.pipe)
    _released: bool = False
    _let_go: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Parent: tell every child to drain. Safe in a signal handler and when called twice."""
        if not self._released:
            self._released = True
            os.close(self._held[1])

    def on_report(self, act: Callable[[Report], None]) -> None:
        """Parent: call ``act`` with what a child reports: that it cannot start, or that it is drained."""

        def listen() -> None:
            with os.fdopen(os.dup(self._report[0]), "r", encoding="utf-8") as lines:
                for line in lines:
                    act(Report(*json.loads(line)))

        threading.Thread(target=listen, name="reports", daemon=True).start()

    def join(self, on_release: Callable[[], None]) -> None:
        """Child: give up the parent's end, and call ``on_release`` when the parent lets go of it."""
        if not self._released:
            os.close(self._held[1])
        self._released = True

        def watch() -> None:
            os.read(self._held[0], 1)
            self._let_go.set()
            on_release()

        threading.Thread(target=watch, name="lifeline", daemon=True).start()

    def report(self, report: Report) -> None:
        """Child: tell the parent."""
        line = json.dumps([report.worker_id, report.failure[:LONGEST_REPORT]]) + "\n"
        os.write(self._report[1], line.encode())

    @property
    def released(self) -> bool:
        """Child: whether the parent has let go."""
        return self._let_go.is_set()

    def orphaned(self) -> bool:
        """Child: whether the parent is no longer there."""
        return os.getppid() != self.parent_pid
