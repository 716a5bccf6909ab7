"""A train job's input as typed values, and which works it means. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidInput
from worker.family import Item
from worker.selecting import with_label

from .operations import MOST_WORKS

#: Of fewer works nothing is near or far.
FEWEST_WORKS = 4


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides an index, besides the works themselves."""

    batch: int
    gallery: int
    only: str

    @staticmethod
    def from_input(data: Mapping[str, Any]) -> TrainOptions:
        """Take a complete input."""
        return TrainOptions(int(data["batch"]), int(data["gallery"]), str(data["only"]).strip())


@dataclass(frozen=True)
class Candidate:
    """A work to be looked at. One that is ``spare`` is left out when it cannot be read: anything may have
    been made here.
    """

    item: Item
    spare: bool


def chosen(items: Sequence[Item], gallery: Sequence[Item], only: str) -> list[Candidate]:
    """The works of a data set with the label ``only`` ("name=value", "": all), then those of the gallery; the
    same file once.

    Raises:
        InvalidInput: too few are left, or too many.
    """
    found = [
        *(Candidate(item, False) for item in with_label(list(items), only, what="work")),
        *(Candidate(item, True) for item in gallery),
    ]
    seen: set[str] = set()
    works = []
    for one in found:
        if one.item.hash and one.item.hash in seen:
            continue
        seen.add(one.item.hash)
        works.append(one)
    require_enough(len(works))
    if len(works) > MOST_WORKS:
        raise InvalidInput(
            f"{len(works)} works are too many for an exact search: {MOST_WORKS} are the most.",
            field="dataset",
            code="too_many_works",
        )
    return works


def require_enough(count: int) -> None:
    """Raises InvalidInput (``too_few_works``) when so many works are no collection."""
    if count < FEWEST_WORKS:
        raise InvalidInput(
            f"{count} works are too few to know a collection by: at least {FEWEST_WORKS} are needed, and "
            "some dozens tell much more.",
            field="dataset",
            code="too_few_works",
        )
