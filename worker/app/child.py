"""A child of the pool: it makes its own connections, takes its device, and works until the lifeline ends."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from dataclasses import dataclass

from shared.artifacts import open_store
from shared.broker import Bell
from shared.database import Database
from shared.errors import Unavailable
from shared.ids import new_id
from shared.one_host import require_one_host
from shared.settings import Settings
from shared.workers import SILENT_LEASES
from worker.app.lifeline import Lifeline, Report
from worker.app.predecessors import bury
from worker.devices import Device, default_threads, usable_cores
from worker.registry import Registry
from worker.serving.desk import Desk
from worker.serving.place import Place
from worker.serving.presence import Presence
from worker.weights import WeightsCache

log = logging.getLogger(__name__)

#: How long an orphan may take to hand back before it ends itself.
ORPHAN_SECONDS = 60.0
ORPHAN_LOOK_SECONDS = 0.2
BROKEN_EXIT_CODE = 78
#: How long a thread may keep the interpreter while another one wants it. torch lets go of it around every
#: operation; with Python's 5 ms each of them would wait so long for the threads that encode and record.
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True)
class Plan:
    """What the parent decided before the fork. Holds no open connection."""

    settings: Settings
    registry: Registry
    devices: tuple[Device, ...]
    lanes: tuple[str, ...]
    name: str
    lifeline: Lifeline
    starter: bool = False


class Child:
    """One process on one device."""

    def __init__(self, plan: Plan, index: int) -> None:
        self._plan = plan
        self._stopping = False
        settings = plan.settings
        self.place = Place(
            settings=settings,
            db=Database(settings.database_url),
            store=open_store(settings.store_url),
            bell=Bell(settings),
            registry=plan.registry,
            device=plan.devices[index % len(plan.devices)],
            worker_id=f"{plan.name}/{index}-{new_id()[-6:]}",
            lanes=plan.lanes,
            cache=WeightsCache(settings.weights_cache_mb * 1_000_000),
        )
        self.presence = Presence(self.place)
        self.desk = Desk(self.place, self._prepare)

    def start(self) -> None:
        """Begin to work and to report."""
        self._plan.lifeline.join(self._let_go)
        bury(self.place.db, self._plan.name)
        self.presence.start()
        self.desk.start()
        threading.Thread(target=self._see_it_end, name="end", daemon=True).start()

    def stop(self) -> None:
        """Drain and say goodbye; called at the end of the process."""
        self._stopping = True
        self.desk.drain()
        self.desk.join()
        self.presence.leave()

    def _prepare(self) -> None:
        """Runs in the working thread: threads of torch, then the engines, then ready."""
        plan, device = self._plan, self.place.device
        threads = plan.settings.threads or default_threads(device, plan.devices, usable_cores())
        try:
            sys.setswitchinterval(SWITCH_SECONDS)
            self._see_other_machines()
            limit_threads(threads)
            for family in self.place.families:
                self.place.registry.engine(family)
            limit_threads(threads)
            pin(device)
        except Exception as error:
            log.exception("this worker cannot start")
            self._plan.lifeline.report(Report(self.place.worker_id, str(error) or type(error).__name__))
            os._exit(BROKEN_EXIT_CODE)
        self.presence.ready()

    def _see_other_machines(self) -> None:
        """Two machines that start at the same moment see each other here: both have written their rows."""
        self.presence.beat()
        try:
            require_one_host(
                self.place.db, silent_seconds=SILENT_LEASES * self._plan.settings.lease_seconds
            )
        except Unavailable as error:
            log.warning("could not look for other machines: %s", error)

    def _see_it_end(self) -> None:
        """When the work ends and the parent did not ask for it, somebody did through SQL, or it died."""
        self.desk.join()
        if not self.place.draining.is_set():
            os._exit(BROKEN_EXIT_CODE)
        if not self._stopping and not self._plan.lifeline.released:
            self.presence.leave()
            self._plan.lifeline.report(Report(self.place.worker_id))

    def _let_go(self) -> None:
        """The parent let go of the lifeline, or died: then nobody else ends this process."""
        self.desk.drain()
        ended = self.desk.join(ORPHAN_SECONDS)
        while not self._plan.lifeline.orphaned():
            time.sleep(ORPHAN_LOOK_SECONDS)
        if not ended:
            log.error("the parent is dead and the work did not end in time")
        self.presence.leave()
        os._exit(0)


def limit_threads(threads: int) -> None:
    """Let torch compute with ``threads`` threads; before its import and again after it."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def pin(device: Device) -> None:
    """Make a GPU this process's own: what names no device goes there, and no memory is taken on another."""
    torch = sys.modules.get("torch")
    if torch is not None and device.kind == "cuda":
        torch.cuda.set_device(device.name)
