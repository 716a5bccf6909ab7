"""Faults at random moments: to the two workers that suffer, to the bell, to the database's connections."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psutil
import redis

from bench.reliability.faults.bell import GARBAGE
from bench.reliability.faults.database import CUT
from bench.soaking.place import LEASE_SECONDS, Place
from shared.errors import AtelierError
from tests.faults.harness import write_locked
from tests.support.locker import lock

#: Between the end of one fault and the next.
PAUSE_SECONDS = (4.0, 14.0)
OUTAGE_SECONDS = (1.0, 4.0)
LOCKED_SECONDS = 5.0
FREEZE_TRIES = 200
#: The longest that a fault waits for somebody to work.
VICTIM_SECONDS = 10.0


class Mischief:
    """Does one fault after the other in a thread until ``stop``; ``done`` counts them by kind."""

    def __init__(self, place: Place, seed: int) -> None:
        self.done: Counter[str] = Counter()
        #: Faults that found nobody to be done to, or whose tool failed in the middle of another fault.
        self.missed: Counter[str] = Counter()
        self.surprise: Exception | None = None
        self._place = place
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mischief", daemon=True)
        self._kinds: dict[str, Callable[[], bool]] = {
            "kill -9 of a child": lambda: self._signal_child(signal.SIGKILL),
            "kill -9 of a parent": lambda: self._signal_parent(signal.SIGKILL),
            "SIGTERM and a fresh start": lambda: self._signal_parent(signal.SIGTERM),
            "SIGSTOP past the lease, SIGCONT": self._freeze,
            "FLUSHALL": self._flush,
            "Redis killed, restarted empty": self._restart_bell,
            "Redis hung": self._hang_bell,
            "100 duplicate messages": self._duplicates,
            "poison messages": self._poison,
        }
        if place.postgres is not None:
            self._kinds["connections to PostgreSQL cut"] = self._cut
        else:
            self._kinds["SQLite locked"] = self._lock_database

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Do no more; what is in hand is healed first."""
        self._over.set()
        self._thread.join(60)

    def _run(self) -> None:
        order: list[str] = []
        while not self._over.wait(self._random.uniform(*PAUSE_SECONDS)):
            # Every kind comes once before any comes again.
            order = order or self._random.sample(list(self._kinds), len(self._kinds))
            name = order.pop()
            try:
                (self.done if self._kinds[name]() else self.missed)[name] += 1
            except (AtelierError, redis.RedisError, psutil.NoSuchProcess, ProcessLookupError):
                self.missed[name] += 1
            except Exception as error:
                self.surprise = error
                return

    def _victim(self) -> int | None:
        """A child of a suffering worker that holds a job now, if one does soon."""
        deadline = time.monotonic() + VICTIM_SECONDS
        while time.monotonic() < deadline:
            found = self._place.working_prey()
            if found:
                return self._random.choice(found)
            time.sleep(0.01)
        return None

    def _signal_child(self, number: signal.Signals) -> bool:
        child = self._victim()
        if child is None:
            return False
        os.kill(child, number)
        return True

    def _signal_parent(self, number: signal.Signals) -> bool:
        child = self._victim()
        if child is None:
            return False
        os.kill(psutil.Process(child).ppid(), number)
        return True

    def _freeze(self) -> bool:
        child = self._victim()
        if child is None or not self._stop_outside_writes(child):
            return False
        self._over.wait(LEASE_SECONDS + self._random.uniform(1, 4))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGCONT)
        return True

    def _stop_outside_writes(self, child: int) -> bool:
        """SIGSTOP a child that holds no lock of the database: a frozen writer holds up everybody on SQLite.

        Others write all the time here, so the lock is asked for only a moment after each try.
        """
        for _ in range(FREEZE_TRIES):
            os.kill(child, signal.SIGSTOP)
            if not write_locked(self._place.rig.db):
                return True
            os.kill(child, signal.SIGCONT)
            time.sleep(0.02)
        return False

    def _flush(self) -> bool:
        self._place.rig.bell.client().flushall()
        return True

    def _restart_bell(self) -> bool:
        self._place.rig.bell.kill()
        self._outage()
        self._place.rig.bell.start()
        return True

    def _hang_bell(self) -> bool:
        self._place.rig.bell.send(signal.SIGSTOP)
        self._outage()
        self._place.rig.bell.send(signal.SIGCONT)
        return True

    def _outage(self) -> None:
        self._over.wait(self._random.uniform(*OUTAGE_SECONDS))

    def _duplicates(self) -> bool:
        return sum(self._place.rig.ringer.ring("interactive") for _ in range(100)) > 0

    def _poison(self) -> bool:
        for garbage in GARBAGE:
            self._place.rig.bell.client().lpush("interactive", garbage)
        return True

    def _cut(self) -> bool:
        with self._place.rig.db.begin() as connection:
            connection.execute(CUT)
        return True

    def _lock_database(self) -> bool:
        lock(str(self._place.rig.db.url.database), LOCKED_SECONDS).communicate()
        return True
