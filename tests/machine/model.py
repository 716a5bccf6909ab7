"""The reference: what each accepted request must have come to, kept in plain Python beside the engine.

It knows nothing of SQL. Each method foretells what one call of ``shared.jobs`` does; the machine makes the
call and compares. Its clock moves only with ``World.advance``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shared.lifecycle import HAND_BACKS, Reason, State
from shared.records import Lease
from tests.machine.expected import Expected, Request
from tests.machine.world import BACKOFF, DEADLINE, LEASE, LIMIT, NARROW, STALL


class Model:
    """Every accepted request, in the order of its acceptance."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.jobs: dict[str, Expected] = {}
        self.leases: list[Lease] = []
        #: Jobs whose cancel was accepted before they ended (I6).
        self.cancels: set[str] = set()
        #: How often an effect of each job was accepted (I1).
        self.effects: dict[str, int] = {}

    # Submitting

    def known(self, request: Request) -> Expected | None:
        """The job of the same owner's same idempotency key."""
        if request.key is None:
            return None
        alike = (one for one in self.jobs.values() if one.request.key == request.key)
        return next((one for one in alike if one.request.owner == request.owner), None)

    def leader(self, request: Request) -> Expected | None:
        """The equal job that waits or runs and that this one would follow."""
        return next(
            (
                one
                for one in self._equal(request)
                if not one.ended and one.follows is None and not one.cancel and not one.paused
            ),
            None,
        )

    def twin(self, request: Request) -> Expected | None:
        """The equal job whose stored result this one would take."""
        done = (one for one in self._equal(request) if one.state is State.SUCCEEDED)
        return next((one for one in done if one.cached_from is None), None)

    def waiting(self, owner: str) -> int:
        """How many of an owner's jobs wait."""
        return sum(one.request.owner == owner and one.state is State.QUEUED for one in self.jobs.values())

    def accept(self, request: Request, job_id: str) -> Expected:
        """The request was accepted under this id."""
        made = Expected(job_id, request, request.priority, ready_at=self.clock)
        if request.deadline:
            made.deadline_at = self.clock + DEADLINE
        leader = self.leader(request)
        twin = self.twin(request) if leader is None else None
        if leader is not None:
            made.follows = leader.id
        elif twin is not None:
            made.state, made.reason, made.cached_from = State.SUCCEEDED, "cached", twin.id
            made.output, made.files = twin.output, twin.files
        self.jobs[job_id] = made
        return made

    def _equal(self, request: Request) -> Iterable[Expected]:
        cache = request.asks.cache
        return (
            one
            for one in self.jobs.values()
            if cache is not None and one.request.asks.cache == cache and one.request.owner == request.owner
        )

    # Claiming

    def running(self, owner: str) -> int:
        """How many of an owner's jobs run."""
        return sum(one.request.owner == owner and one.state is State.PROCESSING for one in self.jobs.values())

    def full(self, owner: str, more: int = 1) -> bool:
        """Whether with ``more`` taken an owner has as many running as they may."""
        return owner == NARROW and self.running(owner) + more >= LIMIT

    def claimable(self, lanes: Sequence[str], warm: Sequence[str] = ()) -> list[Expected]:
        """What a claim of these lanes may take now."""
        return [
            one
            for one in self.jobs.values()
            if one.state is State.QUEUED
            and not one.paused
            and one.follows is None
            and one.ready_at <= self.clock
            and one.request.asks.lane in lanes
            and (not warm or one.request.asks.batch in warm)
            and (one.request.owner != NARROW or self.running(NARROW) < LIMIT)
        ]

    def take(self, chosen: Sequence[Expected], worker: str) -> list[Expected]:
        """A claim chose these, in this order; gives those it keeps. The others were in hand for a moment."""
        free = LIMIT - self.running(NARROW)
        kept = []
        for one in chosen:
            one.token += 1
            if one.request.owner == NARROW:
                free -= 1
                if free < 0:
                    continue
            one.state, one.reason, one.worker = State.PROCESSING, None, worker
            one.attempt += 1
            one.lease_until, one.moved_at = self.clock + LEASE, self.clock
            self.leases.append(Lease(one.id, one.token, worker))
            kept.append(one)
        return kept

    # What a worker says

    def holder(self, lease: Lease) -> Expected | None:
        """The job if this lease still counts."""
        one = self.jobs[lease.job_id]
        return one if one.state is State.PROCESSING and one.token == lease.token else None

    def succeed(self, one: Expected, output: dict[str, Any], files: tuple[str, ...]) -> None:
        """The result was accepted; who follows has it too."""
        self._end(one, State.SUCCEEDED, None)
        one.output, one.files = output, files
        self.effects[one.id] = self.effects.get(one.id, 0) + 1
        for follower in self.followers(one):
            follower.follows, follower.cached_from = None, one.id
            follower.output, follower.files = output, files
            self._end(follower, State.SUCCEEDED, "cached")

    def fail(self, one: Expected, code: str, *, share: bool = True, reason: str | None = None) -> None:
        """The job failed; with ``share`` so does who follows, else the next takes its place."""
        if share:
            for follower in self.followers(one):
                follower.follows, follower.error = None, code
                self._end(follower, State.FAILED, follower.reason)
        else:
            self.promote(one)
        one.error, one.follows = code, None
        self._end(one, State.FAILED, one.reason if reason is None else reason)

    def cancel(self, one: Expected) -> None:
        """The job is canceled for good."""
        self.promote(one)
        one.follows = None
        self._end(one, State.CANCELED, "owner")

    def requeue(self, one: Expected, reason: Reason, delay: float = 0.0) -> None:
        """The job waits again."""
        one.state, one.reason, one.worker = State.QUEUED, reason, None
        one.ready_at = self.clock + delay
        if reason in HAND_BACKS:
            one.attempt -= 1

    def followers(self, one: Expected) -> list[Expected]:
        """Who follows, the heir first."""
        found = [other for other in self.jobs.values() if other.follows == one.id]
        return sorted(found, key=lambda other: (other.paused, other.id))

    def promote(self, one: Expected) -> None:
        """Another takes the place of one that was canceled."""
        for place, follower in enumerate(found := self.followers(one)):
            follower.follows = found[0].id if place else None

    def _end(self, one: Expected, state: State, reason: str | None) -> None:
        one.state, one.reason, one.worker, one.steps = state, reason, None, {}

    # The sweep

    def rescue(self) -> tuple[set[str], set[str]]:
        """What a sweep requeues and what it ends."""
        requeued: set[str] = set()
        ended: set[str] = set()
        for one in [one for one in self.jobs.values() if self._lost(one)]:
            expired = one.lease_until < self.clock
            if one.cancel:
                self.cancel(one)
            elif one.attempt >= one.request.max_attempts:
                self.fail(one, "worker_lost", reason="worker_lost")
            else:
                delay = BACKOFF if one.attempt > 1 else 0.0
                self.requeue(one, Reason.LEASE_EXPIRED if expired else Reason.STALLED, delay)
            one.token += 1
            (ended if one.ended else requeued).add(one.id)
        for one in [one for one in self.jobs.values() if self._late(one)]:
            self.fail(one, "deadline", share=False, reason="deadline")
            one.token += 1
            ended.add(one.id)
        return requeued, ended

    def _lost(self, one: Expected) -> bool:
        silent = one.lease_until < self.clock or one.moved_at + STALL < self.clock
        return one.state is State.PROCESSING and silent

    def _late(self, one: Expected) -> bool:
        return one.state is State.QUEUED and one.deadline_at is not None and one.deadline_at < self.clock
