"""Keeps a list of programs alive until it is told to stop, then stops them in order."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from cli.stack.backoff import Backoff
from cli.stack.process import Child, Program
from shared.errors import Unavailable

TICK_SECONDS = 0.1
ZOMBIE_SECONDS = 2.0
ONE_REQUEST_SECONDS = 1.0
#: A needed program that dies this often before it ever served will not serve.
TRIES = 3

Say = Callable[[str, str], None]


@dataclass
class _Watched:
    child: Child
    backoff: Backoff = field(default_factory=Backoff)
    start_again_at: float | None = None
    was_ready: bool = False
    last_message: str = ""

    @property
    def program(self) -> Program:
        return self.child.program


class Supervisor:
    """Starts ``programs`` in order. ``say(name, text)`` tells people what happens."""

    def __init__(self, programs: Iterable[Program], say: Say) -> None:
        self._watched = [_Watched(Child(program)) for program in programs]
        self._say = say
        self._stops = 0
        self._asked_at = 0.0

    def stop(self) -> None:
        """Ask for an orderly stop; asked again, everything is killed. Safe in a signal handler.

        A terminal, ``make`` and a service manager may each pass on one and the same Ctrl-C: requests within a
        second are one.
        """
        now = time.monotonic()
        if self._stops == 0 or now - self._asked_at > ONE_REQUEST_SECONDS:
            self._stops += 1
            self._asked_at = now

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready`` once all of it serves, and return after the stop.

        Raises:
            Unavailable: if a program that everything needs cannot be started.
        """
        try:
            for number, watched in enumerate(self._watched, start=1):
                if self._stops:
                    break
                self._start(watched)
                self._give_head_start(watched, self._watched[:number])
            told = False
            while not self._stops:
                for watched in self._watched:
                    self._look_after(watched)
                if not told and all(watched.was_ready for watched in self._watched):
                    told = True
                    on_ready()
                time.sleep(TICK_SECONDS)
        finally:
            self._stop_all()

    def _start(self, watched: _Watched) -> None:
        watched.start_again_at = None
        try:
            watched.child.start()
        except OSError as error:
            raise Unavailable(f"{watched.program.name} cannot be started: {error}") from error

    def _give_head_start(self, watched: _Watched, started: list[_Watched]) -> None:
        deadline = time.monotonic() + watched.program.head_start_seconds
        while not watched.was_ready and not self._stops and time.monotonic() < deadline:
            for other in started:
                self._look_after(other)
            time.sleep(TICK_SECONDS / 5)

    def _look_after(self, watched: _Watched) -> None:
        watched.child.kill_orphans()
        if watched.start_again_at is not None:
            if time.monotonic() >= watched.start_again_at:
                self._start(watched)
            return
        if watched.child.exit_code() is not None:
            self._bury(watched)
        elif not watched.was_ready and watched.program.ready():
            watched.was_ready = True

    def _bury(self, watched: _Watched) -> None:
        child, program = watched.child, watched.program
        delay = watched.backoff.delay(child.lived_seconds())
        if program.needed and not watched.was_ready and watched.backoff.failures >= TRIES:
            raise Unavailable(f"{program.name} cannot be started: {child.last_words(3) or program.log}")
        watched.start_again_at = time.monotonic() + delay
        message = f"stopped ({_exit_text(child.exit_code())}); starting it again. {child.last_words()}"
        if message != watched.last_message:
            watched.last_message = message
            self._say(program.name, message)

    def _stop_all(self) -> None:
        for stage in sorted({watched.program.stage for watched in self._watched}):
            leaving = [watched.child for watched in self._watched if watched.program.stage == stage]
            for child in leaving:
                if child.running():
                    self._say(child.program.name, "stopping")
                child.terminate()
            self._wait_gone(leaving)

    def _wait_gone(self, leaving: list[Child]) -> None:
        asked = time.monotonic()
        for child in leaving:
            killed_at = None
            while child.groups():
                child.kill_orphans()
                now = time.monotonic()
                if self._stops > 1 or now - asked > child.program.stop_seconds:
                    child.kill()
                    killed_at = killed_at or now
                # Where nobody waits for orphaned zombies (a container without init) a group never empties.
                if killed_at is not None and now - killed_at > ZOMBIE_SECONDS:
                    break
                time.sleep(TICK_SECONDS / 2)


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on Ctrl-C, SIGTERM and a closed terminal, for as long as the block runs."""

    def act(_number: int, _frame: FrameType | None) -> None:
        stop()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, act) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_text(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit {code}"
