"""Where one child works: its device, its connections, and what it is doing right now."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from shared.artifacts import Store
from shared.database import Database
from shared.jobs import Job
from shared.settings import Settings
from worker.devices import Device
from worker.registry import Registry
from worker.serving.absence import Absence
from worker.serving.finishing import Finisher
from worker.serving.making import Encoders
from worker.serving.pace import Pace
from worker.serving.stopwatch import Stopwatch
from worker.weights import WeightsCache


class Ringer(Protocol):
    """What the worker needs of the bell (shared.broker.Bell); neither call raises."""

    def ring(self, lane: str) -> bool: ...

    def nudge(self, *job_ids: str) -> bool: ...


@dataclass
class Place:
    """Made once in a child and handed to everything that works in it."""

    settings: Settings
    db: Database
    store: Store
    bell: Ringer
    registry: Registry
    device: Device
    worker_id: str
    lanes: tuple[str, ...]
    cache: WeightsCache
    draining: threading.Event = field(default_factory=threading.Event)
    encoders: Encoders = field(default_factory=Encoders)
    finisher: Finisher = field(default_factory=Finisher)
    absence: Absence = field(default_factory=Absence)
    pace: Pace = field(init=False)
    stopwatch: Stopwatch = field(init=False)
    _current: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.stopwatch = Stopwatch(self.device.kind)
        self.pace = Pace(self.settings.batch_limit)

    @property
    def families(self) -> list[str]:
        """The families this child serves."""
        return self.registry.serving(self.lanes)

    def current_jobs(self) -> list[str]:
        """The ids of the jobs in hand, the oldest batch first."""
        with self._lock:
            return list(self._current)

    @contextmanager
    def working_on(self, batch: Sequence[Job]) -> Iterator[None]:
        """Show ``batch`` as in hand during the block."""
        ids = [job.id for job in batch]
        with self._lock:
            self._current += ids
        try:
            yield
        finally:
            with self._lock:
                for id in ids:
                    self._current.remove(id)
