"""When long work looks for waiting people."""

import threading
from dataclasses import dataclass, field

import pytest

from shared import jobs
from shared.errors import Unavailable
from shared.jobs import Progress
from tests.support.builders import queue, take
from worker.serving.courtesy import EVERY_SECONDS, Courtesy
from worker.serving.holding import Holding
from worker.serving.place import Place

LEASE = 0.3


@pytest.fixture
def idle(place: Place) -> Holding:
    """The long work's leases, when they do not matter."""
    return Holding(place.db, [], LEASE)


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


def test_it_looks_at_most_so_often(place: Place, idle: Holding) -> None:
    world = World()
    courtesy = Courtesy(place, idle, ("interactive",), world.serve, world.clock)
    for _ in range(5):
        courtesy.offer()
    assert world.looks == ["interactive"]
    world.time += EVERY_SECONDS
    courtesy.offer()
    assert len(world.looks) == 2


def test_one_batch_between_two_steps_and_the_next_at_once(place: Place, idle: Holding) -> None:
    world = World(waiting=3)
    courtesy = Courtesy(place, idle, ("interactive",), world.serve, world.clock)
    for left in (2, 1, 0):
        courtesy.offer()
        assert world.waiting == left


def test_only_lanes_of_this_worker_and_the_urgent_first(place: Place, idle: Holding) -> None:
    world = World()
    place.lanes = ("interactive", "training")
    Courtesy(place, idle, ("ingest", "interactive"), world.serve, world.clock).offer()
    Courtesy(place, idle, ("ingest",), world.serve, world.clock).offer()
    assert world.looks == ["interactive"]


def test_a_leaving_worker_takes_nobody(place: Place, idle: Holding) -> None:
    world = World(waiting=1)
    place.draining.set()
    Courtesy(place, idle, ("interactive",), world.serve, world.clock).offer()
    assert world.looks == []


def test_a_database_that_is_away_does_not_disturb_the_work(place: Place, idle: Holding) -> None:
    world = World()
    tried: list[str] = []

    def away(_: Place, lane: str) -> bool:
        tried.append(lane)
        raise Unavailable("away")

    courtesy = Courtesy(place, idle, ("interactive",), away, world.clock)
    for _ in range(3):
        courtesy.offer()
    assert tried == ["interactive"]
    world.time += EVERY_SECONDS
    courtesy.offer()
    assert len(tried) == 2


def test_work_that_stands_still_for_others_is_not_stalled(place: Place, beats: threading.Semaphore) -> None:
    queue(place.db, lane="training")
    (training,) = take(place.db, lease=LEASE)
    moved: list[float | None] = []

    def long_ingest(_: Place, __: str) -> bool:
        for _round in range(2):
            while beats.acquire(blocking=False):
                pass
            assert beats.acquire(timeout=20) and beats.acquire(timeout=20)
            moved.append(jobs.get(place.db, training.id).progress_at)
        return True

    with Holding(place.db, [training], LEASE) as holding:
        holding.beat(training.id, Progress(0.4, {"step": 7}))
        Courtesy(place, holding, ("ingest",), long_ingest).offer()
    after = jobs.get(place.db, training.id)
    assert moved[0] is not None and moved[1] is not None and moved[1] > moved[0]
    assert (after.progress, after.progress_detail) == (0.4, {"step": 7})
