"""When long work looks for waiting people."""

from dataclasses import dataclass, field

from shared.errors import Unavailable
from worker.serving.courtesy import EVERY_SECONDS, Courtesy
from worker.serving.place import Place


@dataclass
class World:
    """A clock, and as many waiting batches as a test says."""

    time: float = 10.0
    waiting: int = 0
    looks: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.time

    def serve(self, _: Place, lane: str) -> bool:
        self.looks.append(lane)
        if self.waiting == 0:
            return False
        self.waiting -= 1
        return True


def test_it_looks_at_most_so_often(place: Place) -> None:
    world = World()
    courtesy = Courtesy(place, ("interactive",), world.serve, world.clock)
    for _ in range(5):
        courtesy.offer()
    assert world.looks == ["interactive"]
    world.time += EVERY_SECONDS
    courtesy.offer()
    assert len(world.looks) == 2


def test_one_batch_between_two_steps_and_the_next_at_once(place: Place) -> None:
    world = World(waiting=3)
    courtesy = Courtesy(place, ("interactive",), world.serve, world.clock)
    for left in (2, 1, 0):
        courtesy.offer()
        assert world.waiting == left


def test_only_lanes_of_this_worker_and_the_urgent_first(place: Place) -> None:
    world = World()
    place.lanes = ("interactive", "training")
    Courtesy(place, ("ingest", "interactive"), world.serve, world.clock).offer()
    Courtesy(place, ("ingest",), world.serve, world.clock).offer()
    assert world.looks == ["interactive"]


def test_a_leaving_worker_takes_nobody(place: Place) -> None:
    world = World(waiting=1)
    place.draining.set()
    Courtesy(place, ("interactive",), world.serve, world.clock).offer()
    assert world.looks == []


def test_a_database_that_is_away_does_not_disturb_the_work(place: Place) -> None:
    def away(*_: object) -> bool:
        raise Unavailable("away")

    Courtesy(place, ("interactive",), away).offer()
