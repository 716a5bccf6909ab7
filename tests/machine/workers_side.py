"""What workers do: claim, renew, checkpoint, record, hand back; often with a lease lost long ago."""

from collections.abc import Sequence

from hypothesis import strategies as some
from hypothesis.stateful import rule

from shared import garbage, jobs
from shared.artifacts import Blob
from shared.errors import ArtifactDamaged, BadFile, Conflict
from shared.jobs import Lease, NewArtifact, NewCheckpoint, Progress, Result, Signals
from shared.lifecycle import LANES, Reason
from tests.machine.base import Base, picks, workers
from tests.machine.expected import Expected
from tests.machine.replay import Broken
from tests.machine.world import BACKOFF, GRACE, LEASE

lane_sets = some.sampled_from((LANES, LANES, ("interactive",), ("training",)))
HAND_BACKS = (Reason.DRAINED, Reason.PREEMPTED, Reason.PAUSED)


class WorkersSide(Base):
    """Rules of the workers. ``live``: with a lease that counts rather than with any."""

    @rule(
        worker=workers,
        lanes=lane_sets,
        limit=some.sampled_from((1, 3, 3)),
        warm=some.sampled_from(((), (), ("a",))),
        bells=some.sampled_from((1, 1, 3)),
    )
    def claim(
        self, worker: str, lanes: tuple[str, ...], limit: int, warm: tuple[str, ...], bells: int
    ) -> None:
        """Each bell is answered by a claim, and there may be more bells than jobs."""
        for _ in range(bells):
            self.take(worker, lanes, limit, warm)

    def take(self, worker: str, lanes: tuple[str, ...], limit: int, warm: tuple[str, ...] = ()) -> None:
        """One claim."""
        rows = self.world.rows()
        order = {row.id: (-row.rank, row.virtual_start, row.id) for row in rows.values()}
        chosen = self._best(lanes, limit, warm, order)
        taken = jobs.claim(
            self.world.db,
            worker_id=worker,
            lanes=lanes,
            families=("toy",),
            limit=limit,
            lease_seconds=LEASE,
            warm=warm,
            warm_rank=-100,
        )
        kept = self.model.take(chosen, worker)
        if [job.id for job in taken] != [one.id for one in kept]:
            raise Broken(f"model: claimed {[job.id for job in taken]}, due {[one.id for one in kept]}")

    def _best(
        self,
        lanes: tuple[str, ...],
        limit: int,
        warm: tuple[str, ...],
        order: dict[str, tuple[int, float, str]],
    ) -> list[Expected]:
        """The first in line, and what goes with it in one pass."""
        due = sorted(self.model.claimable(lanes, warm), key=lambda one: order[one.id])
        if not due:
            return []
        first = due[0]
        batch = first.request.asks.batch
        if batch is None or first.attempt > 0:
            return [first]
        # The owner's limit counts the first one already.
        full = self.model.full(first.request.owner)
        alike = [one for one in due[1:] if one.request.asks.batch == batch and one.attempt == 0]
        alike = [one for one in alike if not (full and one.request.owner == first.request.owner)]
        return sorted([first, *alike[: limit - 1]], key=lambda one: order[one.id])

    @rule(pick=picks, live=some.booleans(), moved=some.booleans(), make=some.booleans())
    def heartbeat(self, pick: int, live: bool, moved: bool, make: bool) -> None:
        """The worker goes on; with ``make`` its work is in the store now, and not recorded."""
        if (lease := self.lease(pick, live)) is None:
            return
        if make:
            self.put_work(lease)
        progress = Progress(0.5, {"step": 1}) if moved else None
        signals = self.said(
            lease, lambda: jobs.heartbeat(self.world.db, lease, lease_seconds=LEASE, progress=progress)
        )
        if signals is None:
            return
        one = self.model.jobs[lease.job_id]
        one.lease_until = self.model.clock + LEASE
        one.moved_at = self.model.clock if moved else one.moved_at
        if signals != Signals(one.cancel, one.stop, one.paused):
            raise Broken(f"model: {lease} hears {signals}")

    @rule(pick=picks, live=some.booleans(), step=some.sampled_from((10, 20, 30)), forget=some.booleans())
    def checkpoint(self, pick: int, live: bool, step: int, forget: bool) -> None:
        if (lease := self.lease(pick, live)) is None:
            return
        blob = self.world.store.put(f"{lease.job_id} at step {step}".encode())
        new = NewCheckpoint(step, blob)
        one = self.model.jobs[lease.job_id]

        def record() -> bool:
            jobs.checkpointed(self.world.db, lease, new)
            return True

        if self.said(lease, record):
            one.steps[step], one.moved_at = blob.hash, self.model.clock
        if forget:
            dropped = self.said(lease, lambda: jobs.forget_checkpoints(self.world.db, lease, keep=1))
            if dropped is not None:
                one.steps = dict(sorted(one.steps.items())[-1:])
                self.unneeded += dropped

    def remove_unneeded(self) -> None:
        """A worker removes at once, or much later when it was frozen in between."""
        garbage.remove(self.world.db, self.world.store, self.unneeded)
        self.unneeded.clear()

    def put_work(self, lease: Lease) -> Blob:
        """Put what this lease's job asks for."""
        blob = self.world.store.put(self.content(lease))
        self.made[lease] = (blob, self.model.clock)
        return blob

    def content(self, lease: Lease) -> bytes:
        """Equal requests make equal bytes; others have seeds of their own."""
        request = self.model.jobs[lease.job_id].request
        return f"work {request.shape} {'' if request.asks.cache else lease.job_id}".encode()

    def _work(self, lease: Lease) -> Blob:
        """What is about to be recorded: put just now or within the grace, or renewed."""
        blob, put_at = self.made.get(lease, (None, 0.0))
        if blob is None:
            return self.put_work(lease)
        if self.model.clock - put_at > GRACE:
            try:
                self.world.store.renew(blob.hash)
            except ArtifactDamaged:
                return self.put_work(lease)
        return blob

    @rule(
        batch=some.lists(some.tuples(picks, some.booleans()), min_size=1, max_size=3),
        wish=some.sampled_from((False, False, True)),
        follow=some.booleans(),
    )
    def succeed(self, batch: list[tuple[int, bool]], wish: bool, follow: bool) -> None:
        """A pass is recorded. ``wish``: just before, an owner asks for one again and cancels the first;
        ``follow``: the worker records the refused as canceled.
        """
        given = [lease for pick, live in batch if (lease := self.lease(pick, live)) is not None]
        leases = list(dict.fromkeys(given))
        if wish and leases:
            self.ask_again(one := self.model.jobs[leases[0].job_id])
            self.wish_canceled(one)
        lost = self.record(leases)
        for lease in lost if follow else ():
            self.record_cancel(lease)

    def record(self, leases: Sequence[Lease]) -> list[Lease]:
        """Record what these leases made in one transaction; gives those that did not count."""
        works = {lease: self._work(lease) for lease in leases}
        given = [(lease, self._result(lease, blob)) for lease, blob in works.items()]
        lost, unneeded = jobs.succeed(self.world.db, given)
        self.unneeded += unneeded
        for lease, blob in works.items():
            one = self.model.holder(lease)
            if one is None or one.cancel:
                if lease not in lost:
                    name = "I2" if one is None else "I6"
                    raise Broken(f"{name}: {lease} is lost or canceled, and its result was accepted")
            elif lease in lost:
                raise Broken(f"model: {lease} counts, and its result was refused")
            else:
                self.model.succeed(one, self._output(lease), (blob.hash,))
        return lost

    def _output(self, lease: Lease) -> dict[str, object]:
        return {"by": lease.worker_id, "token": lease.token}

    def _result(self, lease: Lease, blob: Blob) -> Result:
        artifact = NewArtifact("output", "work.png", "image/png", blob)
        return Result(self._output(lease), (artifact,))

    @rule(
        pick=picks,
        live=some.booleans(),
        how=some.sampled_from(("fail", "canceled", *HAND_BACKS, Reason.RETRY)),
    )
    def leave(self, pick: int, live: bool, how: str) -> None:
        """A worker lets go of a job without a result."""
        if (lease := self.lease(pick, live)) is None:
            return
        if how == "fail":
            self._fail(lease)
        elif how == "canceled":
            self.record_cancel(lease)
        else:
            self._requeue(lease, Reason(how))

    def _fail(self, lease: Lease) -> None:
        unneeded = self.said(lease, lambda: jobs.fail(self.world.db, lease, BadFile("no picture")))
        if unneeded is not None:
            self.unneeded += unneeded
            self.model.fail(self.model.jobs[lease.job_id], "bad_file")

    def _requeue(self, lease: Lease, reason: Reason) -> None:
        delay = BACKOFF if reason is Reason.RETRY else 0.0
        one = self.model.holder(lease)
        last = one is not None and one.attempt >= one.request.max_attempts and reason is Reason.RETRY

        def hand_back() -> bool:
            try:
                jobs.requeue(self.world.db, lease, reason, delay_seconds=delay)
            except Conflict:
                if not last:
                    raise
                return False
            return True

        if self.said(lease, hand_back):
            self.model.requeue(self.model.jobs[lease.job_id], reason, delay)

    def record_cancel(self, lease: Lease) -> None:
        """A worker says so only when it saw the wish, or when its result was refused."""
        one = self.model.holder(lease)
        if one is not None and not one.cancel:
            return
        left = self.said(lease, lambda: jobs.canceled(self.world.db, lease))
        if left is not None and one is not None:
            self.unneeded += left.unneeded
            self.model.cancel(one)
