"""Which shape the probe finds, and what ends it."""

from collections.abc import Callable, Mapping

import pytest

from worker.shapes import LONGEST_PASS_SECONDS, PASSES, Found, probe

SHAPES = (1, 2, 4, 8, 16)


class Device:
    """Passes take the seconds that ``cost`` says, by its own clock."""

    def __init__(self, cost: Callable[[int], float], room: int = 1000) -> None:
        self.cost, self.room = cost, room
        self.now = 0.0
        self.passes: list[int] = []

    def rehearse(self, shape: int) -> None:
        self.passes.append(shape)
        if shape > self.room:
            raise MemoryError
        self.now += self.cost(shape)

    def probed(self, most: int = 1000) -> Found:
        return probe(self.rehearse, SHAPES, most, lambda: self.now)


def table(costs: Mapping[int, float]) -> Callable[[int], float]:
    return lambda shape: costs[shape]


def test_where_a_larger_pass_is_no_faster_the_smallest_stays() -> None:
    device = Device(lambda shape: 0.01 * shape)
    assert device.probed().shape == 1
    assert set(device.passes) == {1, 2}


def test_it_doubles_while_that_pays() -> None:
    found = Device(table({1: 0.01, 2: 0.012, 4: 0.016, 8: 0.031, 16: 0.06})).probed()
    assert found.shape == 4
    assert found.measured["per_second"] == {"1": 100.0, "2": 166.67, "4": 250.0, "8": 258.06}
    assert found.measured["ended"] == "no better"


def test_what_always_pays_is_tried_to_the_end() -> None:
    found = Device(lambda shape: 0.01).probed()
    assert (found.shape, found.measured["ended"]) == (16, "tried all")


def test_no_pass_is_larger_than_a_batch() -> None:
    device = Device(lambda shape: 0.01)
    assert device.probed(most=6).shape == 4 and max(device.passes) == 4


def test_memory_that_runs_out_ends_the_probe_only() -> None:
    device = Device(lambda shape: 0.01, room=7)
    found = device.probed()
    # 4 would fit, but others need room beside it later.
    assert (found.shape, found.measured["ended"]) == (2, "out of memory at 8")
    assert device.passes.count(8) == 1


def test_the_first_pass_of_a_shape_alone_decides_nothing() -> None:
    """It also makes ready: kernels are chosen and loaded, memory is taken."""
    warm: set[int] = set()
    now = [0.0]

    def rehearse(shape: int) -> None:
        now[0] += 0.01 if shape in warm else 0.2
        warm.add(shape)

    found = probe(rehearse, (1, 2, 4), 100, lambda: now[0])
    assert found.shape == 4 and found.measured["per_second"] == {"1": 100.0, "2": 200.0, "4": 400.0}


def test_without_room_for_the_smallest_it_says_so() -> None:
    with pytest.raises(MemoryError):
        Device(lambda shape: 0.01, room=0).probed()


def test_a_defect_is_no_lack_of_memory() -> None:
    def broken(shape: int) -> None:
        if shape == 2:
            raise ValueError("broken")

    ticks = iter(range(1000))
    with pytest.raises(ValueError, match="broken"):
        probe(broken, SHAPES, 100, lambda: next(ticks) * 1e-3)


def test_a_slow_network_is_not_tried_for_long() -> None:
    device = Device(lambda shape: 0.9 * LONGEST_PASS_SECONDS)
    found = device.probed()
    assert found.measured["ended"] == "out of time" and found.measured["seconds"] < 3
    assert found.shape <= 4


def test_nobody_waits_for_a_pass_that_lasts_too_long() -> None:
    found = Device(table({1: 0.3, 2: 0.35, 4: LONGEST_PASS_SECONDS * 1.2})).probed()
    assert found.shape == 2


def test_what_else_ran_meanwhile_does_not_count() -> None:
    seconds = iter([0.3, 0.01, 0.01, 0.01, *[0.008] * 2 * PASSES])
    now = [0.0]

    def rehearse(shape: int) -> None:
        now[0] += next(seconds)

    found = probe(rehearse, (1, 2), 100, lambda: now[0])
    assert found.shape == 2 and found.measured["per_second"]["1"] == 100.0
