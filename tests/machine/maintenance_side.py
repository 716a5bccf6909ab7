"""What time and the sweep do: leases expire, the lost are rescued, ranks rise, garbage goes."""

from hypothesis import strategies as some
from hypothesis.stateful import rule

from shared import garbage, jobs
from tests.machine.base import picks
from tests.machine.replay import Broken
from tests.machine.workers_side import WorkersSide
from tests.machine.world import GRACE, STEPS


class MaintenanceSide(WorkersSide):
    """Rules of time and of the sweep."""

    @rule(seconds=some.sampled_from(STEPS), remove=some.booleans())
    def later(self, seconds: float, remove: bool) -> None:
        """Time passes; with ``remove`` a frozen worker goes on and removes what it was told is unneeded."""
        self.advance(seconds)
        if remove:
            self.remove_unneeded()

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.world.advance(seconds)
        self.model.clock += seconds

    @rule(pick=picks, dead=some.booleans(), times=some.integers(1, 2), rise=some.booleans())
    def rescue(self, pick: int, dead: bool, times: int, rise: bool) -> None:
        """A sweep, or two at once. With ``dead`` a worker was seen dead; whether it is, nobody knows."""
        if dead and (lease := self.lease(pick, live=True)) is not None:
            jobs.expire_leases(self.world.db, lease.worker_id)
            for one in self.model.jobs.values():
                one.lease_until = -1.0 if one.worker == lease.worker_id else one.lease_until
        for _ in range(times):
            done = jobs.rescue(self.world.db)
            self.unneeded += done.unneeded
            found = {job.id for job in done.requeued}, {job.id for job in done.ended}
            if found != (due := self.model.rescue()):
                raise Broken(f"model: a rescue did {found}, due was {due}")
        if rise:
            jobs.age(self.world.db)

    @rule(
        orphan=some.sampled_from((True, True, False)),
        meeting=some.sampled_from(("early", "before", "before", "after")),
        pick=picks,
        record=some.sampled_from((True, True, False)),
    )
    def collect(self, orphan: bool, meeting: str, pick: int, record: bool) -> None:
        """A collection of the whole store. ``meeting``: when workers put what they record next, or later."""
        lease = self.lease(pick, live=True)
        if orphan and lease is not None:
            # Long ago another worker died between the file and its row, and this one makes the same.
            self.world.store.put(self.content(lease))
            self.advance(max(STEPS))
        if meeting == "early":
            self._put_everything()
        else:
            setattr(self.world.store, meeting, self._put_everything)
        try:
            garbage.forget_uploads(self.world.db, older_seconds=GRACE)
            for prefix in self.world.prefixes():
                garbage.collect(self.world.db, self.world.store, prefix=prefix, grace_seconds=GRACE)
        finally:
            self.world.store.before = self.world.store.after = lambda: None
        if record:
            self.record(self.counting())

    def _put_everything(self) -> None:
        for lease in self.counting():
            self.put_work(lease)
