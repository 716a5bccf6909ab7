"""The leases of a batch, kept alive by a thread while the work goes on."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from shared import jobs
from shared.database import Database
from shared.errors import AtelierError, Canceled, LeaseLost
from shared.jobs import Job, Lease, Progress, Signals

log = logging.getLogger(__name__)

#: A child that goes on after its lease is lost hangs in native code; only its end frees the device.
HUNG_EXIT_CODE = 75


@dataclass
class _Held:
    lease: Lease
    cancel_requested: bool
    stop_requested: bool
    paused: bool
    told: Progress | None = None
    lost: bool = False
    settled: bool = False


class Holding:
    """Renews every lease of ``batch`` each third of ``lease_seconds`` and remembers what the owners asked.

    The work asks ``check`` between its steps. When a lease is lost and the work does not end within one more
    lease time, the process is ended: the pool starts a fresh one.
    """

    def __init__(
        self,
        db: Database,
        batch: Sequence[Job],
        lease_seconds: float,
        end_process: Callable[[int], object] = os._exit,
    ) -> None:
        self._db = db
        self._lease_seconds = lease_seconds
        self._end_process = end_process
        self._held = {
            job.id: _Held(job.lease, job.cancel_requested, job.stop_requested, job.paused) for job in batch
        }
        self._paused = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_over, name="leases", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def lease(self, job_id: str) -> Lease:
        """The lease of one job of the batch."""
        return self._held[job_id].lease

    def settled(self, job_id: str) -> None:
        """The job's end is recorded, or is nobody's business here any more: renew no longer."""
        self._held[job_id].settled = True

    def check(self, job_id: str) -> None:
        """Raises LeaseLost or Canceled when the work on this job must stop."""
        held = self._held[job_id]
        if held.lost:
            raise LeaseLost(f"the lease of job {job_id} is lost")
        if held.cancel_requested:
            raise Canceled(f"job {job_id} was canceled")

    def stop_requested(self, job_id: str) -> bool:
        """Whether the owner asked a training to stop and keep its best."""
        return self._held[job_id].stop_requested

    def paused_by_owner(self, job_id: str) -> bool:
        """Whether the owner asked to pause the job."""
        return self._held[job_id].paused

    def beat(self, job_id: str, progress: Progress | None = None) -> None:
        """Renew one lease now and store ``progress``. A database that does not answer is no reason to stop.

        Raises:
            LeaseLost, Canceled: the work must stop.
        """
        held = self._held[job_id]
        if progress is not None:
            held.told = progress
        self._renew(held, progress)
        self.check(job_id)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """During the block the work stands still for others, which is no stall: each renewal tells the last
        progress again. Whether the others stall, their own leases say.
        """
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def _renew(self, held: _Held, progress: Progress | None) -> None:
        try:
            signals: Signals = jobs.heartbeat(
                self._db, held.lease, lease_seconds=self._lease_seconds, progress=progress
            )
        except LeaseLost:
            # The work may have recorded the end between two looks: that is not a loss.
            held.lost = not held.settled
        except AtelierError as error:
            log.warning("the lease of %s could not be renewed: %s", held.lease.job_id, error)
        else:
            held.cancel_requested = signals.cancel_requested
            held.stop_requested = signals.stop_requested
            held.paused = signals.paused

    def _renew_until_over(self) -> None:
        overdue = 0.0
        pause = self._lease_seconds / 3
        while not self._over.wait(pause):
            open_ = [held for held in self._held.values() if not held.settled]
            for held in open_:
                if not held.lost:
                    self._renew_or_log(held)
            overdue = overdue + pause if any(held.lost and not held.settled for held in open_) else 0.0
            if overdue > self._lease_seconds:
                log.error("the lease was lost and the work goes on: ending this process")
                self._end_process(HUNG_EXIT_CODE)
                return

    def _renew_or_log(self, held: _Held) -> None:
        try:
            self._renew(held, held.told if self._paused else None)
        except Exception:
            # This thread must outlive any surprise of a driver: without it the lease runs out.
            log.exception("renewing the lease of %s failed", held.lease.job_id)
