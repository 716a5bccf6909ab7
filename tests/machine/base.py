"""What every rule of the machine stands on: the world, the model, and how a rule picks what it acts on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant

from shared.artifacts import Blob
from shared.errors import LeaseLost
from shared.records import Lease
from tests.machine.expected import Expected
from tests.machine.invariants import Watch
from tests.machine.model import Model
from tests.machine.replay import Broken
from tests.machine.world import World

T = TypeVar("T")

#: Picks one of what there is, the newest first. Drawn without a look at the world: a run can be repeated.
picks = some.integers(0, 11)
keys = some.sampled_from((None, None, "k1", "k2"))
WORKERS = ("w1", "w2", "w3")
workers = some.sampled_from(WORKERS)


class Base(RuleBasedStateMachine):
    """One run: an empty world and an empty model."""

    def __init__(self, world: World) -> None:
        super().__init__()
        world.clear()
        self.world = world
        self.model = Model()
        self.watch = Watch(world, self.model)
        #: What a worker has put in the store for a lease and has not recorded yet: the file, and when.
        self.made: dict[Lease, tuple[Blob, float]] = {}
        #: Hashes that the engine called unneeded and that a worker has not removed yet.
        self.unneeded: list[str] = []

    @invariant()
    def everything_holds(self) -> None:
        self.watch.look()

    def newest(self, found: Sequence[T], pick: int) -> T | None:
        """One of what there is; None when there is nothing."""
        return found[-1 - pick % len(found)] if found else None

    def job(self, pick: int) -> Expected | None:
        """One of the accepted jobs."""
        return self.newest(list(self.model.jobs.values()), pick)

    def lease(self, pick: int, live: bool) -> Lease | None:
        """A lease: with ``live`` one that counts, of a job taken for it if need be; else a lost one."""
        if live and not self.counting():
            self.get_work(pick)
        counting = self.counting()
        lost = [lease for lease in self.model.leases if lease not in counting]
        return self.newest((counting if live else lost) or self.model.leases, pick)

    def counting(self) -> list[Lease]:
        """The leases that count."""
        return [lease for lease in self.model.leases if self.model.holder(lease)]

    def take(self, worker: str, lanes: tuple[str, ...], limit: int, warm: tuple[str, ...] = ()) -> None:
        """A worker claims once."""
        raise NotImplementedError

    def ask_again(self, one: Expected) -> None:
        """The same owner asks for the same."""
        raise NotImplementedError

    def wish_canceled(self, one: Expected) -> None:
        """Its owner asks for a job's end."""
        raise NotImplementedError

    def get_work(self, pick: int) -> None:
        """Take a job, a fresh one if none waits."""
        raise NotImplementedError

    def said(self, lease: Lease, say: Callable[[], T]) -> T | None:
        """Do what a worker does with its lease; None when the lease was lost, as the model foretells."""
        holder = self.model.holder(lease)
        try:
            answer = say()
        except LeaseLost:
            if holder is not None:
                raise Broken(f"model: {lease} counts, and was refused") from None
            return None
        if holder is None:
            raise Broken(f"I2: {lease} is lost, and what it wrote was accepted")
        return answer
