"""What owners do: submit, cancel, stop, pause, resume, move, retry."""

from collections.abc import Callable

from hypothesis import strategies as some
from hypothesis.stateful import initialize, rule

from shared import files, jobs
from shared.errors import AtelierError, Conflict, IdempotencyMismatch, QuotaExceeded
from shared.jobs import NewArtifact, NewJob, Submitted
from shared.lifecycle import LANES, State
from tests.machine.base import WORKERS, Base, keys, picks
from tests.machine.expected import Expected, Request, again
from tests.machine.replay import Broken
from tests.machine.world import DEADLINE, OWNERS, SHAPES, STALL

MAX_QUEUED = 6

#: Those whose equals share one execution come more often.
shapes = some.sampled_from((*range(len(SHAPES)), 3, 4))
requests = some.builds(
    Request,
    owner=some.sampled_from(OWNERS),
    shape=shapes,
    priority=some.sampled_from((0, 0, 5)),
    key=keys,
    max_attempts=some.sampled_from((1, 2, 2, 3)),
    deadline=some.sampled_from((False, False, True)),
)


def refused(call: Callable[[], object]) -> type[AtelierError] | None:
    """The kind of error that the call ends with, if any."""
    try:
        call()
    except (Conflict, IdempotencyMismatch, QuotaExceeded) as error:
        return type(error)
    return None


class OwnersSide(Base):
    """Rules of the owners."""

    @initialize(first=some.lists(requests, min_size=2, max_size=4))
    def begin(self, first: list[Request]) -> None:
        for request in first:
            self.submit(request)

    @rule(request=requests)
    def submit(self, request: Request) -> None:
        self._submitted(
            request, lambda: jobs.submit(self.world.db, self._new(request), max_queued=MAX_QUEUED)
        )

    @rule(
        owner=some.sampled_from(OWNERS),
        shape=some.sampled_from((1, 3)),
        count=some.integers(2, 4),
        ring=some.booleans(),
    )
    def submit_alike(self, owner: str, shape: int, count: int, ring: bool) -> None:
        """Several that fit into one pass, or of which all but one follow. ``ring``: a worker comes."""
        for _ in range(count):
            self.submit(Request(owner, shape))
        if ring:
            self.take(WORKERS[0], LANES, 3, (str(SHAPES[shape].batch),))

    @rule(pick=picks, key=keys, retried=some.booleans())
    def repeat(self, pick: int, key: str | None, retried: bool) -> None:
        """What waits, runs or has ended is asked for again, as a retry or as anybody would."""
        if (one := self.job(pick)) is not None:
            if retried:
                self._retry(one, key)
            else:
                self.ask_again(one)

    def ask_again(self, one: Expected) -> None:
        """The same owner asks for the same."""
        self.submit(Request(one.request.owner, one.request.shape))

    def _retry(self, one: Expected, key: str | None) -> None:
        def ask() -> Submitted:
            owner = one.request.owner
            return jobs.retry(self.world.db, one.id, owner, idempotency_key=key, max_queued=MAX_QUEUED)

        if one.state not in (State.FAILED, State.CANCELED) or one.request.asks.upload:
            self._expect(Conflict, ask)
        else:
            self._submitted(again(one, key), ask)

    @rule(pick=picks, leader=some.booleans())
    def cancel(self, pick: int, leader: bool) -> None:
        """One is canceled, or the one that it follows."""
        if (one := self.job(pick)) is not None:
            self.wish_canceled(self.model.jobs[one.follows] if leader and one.follows else one)

    def wish_canceled(self, one: Expected) -> None:
        """Its owner asks for a job's end."""
        if one.ended and one.state is not State.CANCELED:
            self._expect(Conflict, lambda: jobs.cancel(self.world.db, one.id, one.request.owner))
            return
        before = self.model.followers(one) if one.state is State.QUEUED else []
        _, left = jobs.cancel(self.world.db, one.id, one.request.owner)
        self.unneeded += left.unneeded
        if (left.promoted is not None) != bool(before):
            raise Broken(f"model: {one.id} was canceled, {len(before)} follow, to be rung: {left.promoted}")
        if not one.ended:
            self.model.cancels.add(one.id)
            one.cancel = True
        if one.state is State.QUEUED:
            self.model.cancel(one)

    @rule(
        pick=picks,
        wish=some.sampled_from(("stop", "pause", "resume", "move")),
        priority=some.sampled_from((-9, 0, 7)),
    )
    def steer(self, pick: int, wish: str, priority: int) -> None:
        one = self.job(pick)
        if one is None:
            return
        ask = {"stop": self._stop, "pause": self._pause, "resume": self._resume, "move": self._move}[wish]
        allowed = one.state is State.PROCESSING if wish == "stop" else not one.ended
        self._expect(None if allowed else Conflict, lambda: ask(one, priority))

    def _stop(self, one: Expected, _: int) -> None:
        jobs.stop(self.world.db, one.id, one.request.owner)
        one.stop = True

    def _pause(self, one: Expected, _: int) -> None:
        jobs.pause(self.world.db, one.id, one.request.owner)
        ready = any(not other.paused for other in self.model.followers(one))
        if one.state is State.QUEUED and not one.paused and ready:
            self.model.promote(one)
        one.paused = True

    def _resume(self, one: Expected, _: int) -> None:
        jobs.resume(self.world.db, one.id, one.request.owner)
        held, one.paused = one.paused, False
        leader = self.model.jobs[one.follows] if one.follows is not None else None
        if held and leader is not None and leader.paused and leader.state is State.QUEUED:
            self.model.promote(leader)

    def _move(self, one: Expected, priority: int) -> None:
        jobs.set_priority(self.world.db, one.id, one.request.owner, priority)
        one.priority = priority

    def _expect(self, kind: type[AtelierError] | None, call: Callable[[], object]) -> None:
        if (found := refused(call)) is not kind:
            raise Broken(f"model: expected {kind}, got {found}")

    def _submitted(self, request: Request, ask: Callable[[], Submitted]) -> None:
        known = self.model.known(request)
        if known is not None:
            if known.request.repeats(request):
                answer = ask()
                if answer.created or answer.job.id != known.id:
                    raise Broken(f"I8: the key of {known.id} gave {answer.job.id}")
            else:
                self._expect(IdempotencyMismatch, ask)
            return
        born = self.model.leader(request) is None and self.model.twin(request) is not None
        if not born and self.model.waiting(request.owner) >= MAX_QUEUED:
            self._expect(QuotaExceeded, ask)
            return
        answer = ask()
        if not answer.created:
            raise Broken(f"I8: a fresh request gave the old job {answer.job.id}")
        self.model.accept(request, answer.job.id)

    def _new(self, request: Request) -> NewJob:
        uploads: tuple[str, ...] = ()
        if request.asks.upload:
            blob = self.world.store.put(b"upload")
            sent = [NewArtifact("upload", "a.png", "image/png", blob)]
            uploads = tuple(file.id for file in files.record_uploads(self.world.db, sent, request.owner))
        return NewJob(
            owner_id=request.owner,
            family="toy",
            operation="generate",
            lane=request.asks.lane,
            input={"shape": request.shape},
            batch_key=request.asks.batch,
            cache_key=request.asks.cache,
            idempotency_key=request.key,
            uploads=uploads,
            priority=request.priority,
            max_attempts=request.max_attempts,
            deadline_seconds=DEADLINE if request.deadline else None,
            stall_seconds=STALL,
        )
