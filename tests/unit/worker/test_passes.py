"""What does not fit is split, what breaks is tried alone, and the error tells what would fit."""

from collections.abc import Sequence

import pytest

from shared.errors import OutOfMemory
from worker.family import Request
from worker.serving.passes import split, what_fits


def run(items: Sequence[int], room: int, broken: set[int]) -> tuple[list[list[int]], list[int], int]:
    """Passes made, items given up and failures seen, on a device with room for ``room`` items a pass."""
    made: list[list[int]] = []
    lost: list[int] = []
    failures: list[BaseException] = []

    def make(part: Sequence[int]) -> None:
        if len(part) > room:
            raise MemoryError
        if broken & set(part):
            raise RuntimeError("a bad one")
        made.append(list(part))

    split(items, make, lambda item, _: lost.append(item), failures.append)
    return made, lost, len(failures)


def test_what_fits_is_one_pass() -> None:
    assert run(range(5), 8, set()) == ([[0, 1, 2, 3, 4]], [], 0)


def test_a_batch_too_large_is_halved_until_it_fits() -> None:
    made, lost, failures = run(range(8), 2, set())
    assert made == [[0, 1], [2, 3], [4, 5], [6, 7]] and lost == [] and failures == 3


def test_a_broken_one_is_found_and_the_others_are_made() -> None:
    made, lost, _ = run(range(6), 8, {4})
    assert [item for part in made for item in part] == [0, 1, 2, 3, 5] and lost == [4]


def test_one_broken_among_many_costs_few_passes() -> None:
    made, lost, failures = run(range(256), 256, {77})
    assert lost == [77] and sum(map(len, made)) == 255
    assert len(made) + failures <= 2 * 8 + 1


@pytest.mark.parametrize("count", [1, 7, 32])
def test_without_any_room_each_is_given_up_once(count: int) -> None:
    made, lost, _ = run(range(count), 0, set())
    assert made == [] and lost == list(range(count))


@pytest.mark.parametrize(("asked", "room", "fits"), [(16, 5, 4), (3, 1, 1), (16, 8, 8)])
def test_the_error_names_the_largest_half_that_fits(asked: int, room: int, fits: int) -> None:
    tried: list[int] = []

    def attempt(request: Request) -> None:
        tried.append(request.input["count"])
        if tried[-1] > room:
            raise MemoryError

    error = what_fits(Request("j", "generate", None, {"count": asked, "seed": 1}), attempt)
    assert error.detail == {"fits": {"count": fits}} and error.field == "count"
    assert tried[0] == asked // 2 and tried[-1] == fits


@pytest.mark.parametrize("given", [{}, {"count": 1}, {"count": 8}])
def test_when_nothing_fits_it_says_so(given: dict[str, int]) -> None:
    def attempt(request: Request) -> None:
        raise MemoryError

    error = what_fits(Request("j", "generate", None, given), attempt)
    assert isinstance(error, OutOfMemory) and error.detail == {} and "even for a single" in error.message
