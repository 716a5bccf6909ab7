"""Running a batch so that only the guilty suffer: what does not fit is split, what breaks is tried alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from shared.errors import OutOfMemory
from worker.family import Request
from worker.serving.faults import is_out_of_memory

T = TypeVar("T")

#: Makes the products of some items in one pass, or raises.
Make = Callable[[Sequence[T]], None]
#: What to do with the one item that cannot be made.
GiveUp = Callable[[T, BaseException], None]


def split(
    items: Sequence[T], make: Make[T], give_up: GiveUp[T], recover: Callable[[BaseException], None]
) -> None:
    """Make all ``items`` in one pass; when that fails, each half for itself, down to each one alone.

    ``recover`` is called after every failure, before the next try.
    """
    try:
        make(items)
    except Exception as error:
        recover(error)
        if len(items) == 1:
            give_up(items[0], error)
            return
        half = len(items) // 2
        for part in (items[:half], items[half:]):
            split(part, make, give_up, recover)


def what_fits(request: Request, attempt: Callable[[Request], None]) -> OutOfMemory:
    """The error for a request that does not fit even alone, with the largest count that does.

    ``attempt`` makes a request's products and throws them away. The count is halved until it fits, so the
    answer is a power of two below what was asked, or nothing.
    """
    asked = request.input.get("count")
    count = asked // 2 if isinstance(asked, int) else 0
    while count >= 1:
        try:
            attempt(replace(request, input={**request.input, "count": count}))
        except Exception as error:
            if not is_out_of_memory(error):
                break
            count //= 2
        else:
            return OutOfMemory(
                f"the device has too little memory for {asked} at once; {count} would fit",
                field="count",
                detail={"fits": {"count": count}},
            )
    return OutOfMemory(
        "the device has too little memory for this job, even for a single result; use a smaller version, "
        "or a device with more memory"
    )
