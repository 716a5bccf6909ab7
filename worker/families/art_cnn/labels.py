"""What the pictures of a data set are labelled with: one head for each column that can be learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from shared.errors import InvalidInput
from worker.family import Item

#: A class needs so many pictures: one to be tested with, and some to learn from.
FEWEST_OF_A_CLASS = 4
FEWEST_PICTURES = 12
MOST_CLASSES = 200
MOST_HEADS = 8
#: Columns that nobody named are learned when they have at most so many classes, on this share of pictures:
#: titles, years and numbers of pictures tell no kind.
MOST_FOUND_CLASSES = 40
LEAST_COVERAGE = 0.25
#: The class of a picture whose label is absent, or too rare to be learned.
UNKNOWN = -1


@dataclass(frozen=True)
class Head:
    """A question to a picture: ``classes`` are its answers, in order."""

    name: str
    classes: tuple[str, ...]


def heads_of(items: Sequence[Item], wanted: str) -> tuple[Head, ...]:
    """The heads for the columns in ``wanted`` (separated by commas), or for all that can be learned.

    Raises:
        InvalidInput: too_few_pictures, unknown_label, one_class or too_many_classes, or no_labels.
    """
    if len(items) < FEWEST_PICTURES:
        raise InvalidInput(
            f"{len(items)} pictures are too few to learn from: at least {FEWEST_PICTURES} are needed, and "
            "some dozens of each class give much better results.",
            field="dataset", code="too_few_pictures",
        )  # fmt: skip
    columns = sorted({name for item in items for name in item.labels})
    names = list(dict.fromkeys(part.strip() for part in wanted.split(",") if part.strip()))
    if names:
        return tuple(_named(items, name, columns) for name in names[:MOST_HEADS])
    found = [head for name in columns if (head := _found(items, name)) is not None]
    if not found:
        raise InvalidInput(
            "No label of this data set can be learned: a label needs at least two classes with "
            f"{FEWEST_OF_A_CLASS} pictures each. Put the pictures into folders by kind, or add a labels.csv.",
            field="dataset", code="no_labels",
        )  # fmt: skip
    return tuple(sorted(found, key=lambda head: (len(head.classes), head.name))[:MOST_HEADS])


def targets_of(items: Sequence[Item], heads: Sequence[Head]) -> Tensor:
    """The class of each picture for each head, int64 (n, heads), UNKNOWN where it has none."""
    places = [{name: place for place, name in enumerate(head.classes)} for head in heads]
    return torch.tensor(
        [
            [
                place.get(item.labels.get(head.name, ""), UNKNOWN)
                for head, place in zip(heads, places, strict=True)
            ]
            for item in items
        ],
        dtype=torch.int64,
    ).reshape(len(items), len(heads))


def _named(items: Sequence[Item], name: str, columns: Sequence[str]) -> Head:
    if name not in columns:
        known = ", ".join(columns) or "none"
        raise InvalidInput(
            f"No picture has the label {name!r}; the labels here are: {known}.",
            field="labels", code="unknown_label",
        )  # fmt: skip
    classes = _classes(items, name)
    if len(classes) < 2:
        raise InvalidInput(
            f"The label {name!r} has {len(classes)} classes with at least {FEWEST_OF_A_CLASS} pictures; "
            "two are the least that can be told apart.",
            field="labels", code="one_class",
        )  # fmt: skip
    if len(classes) > MOST_CLASSES:
        raise InvalidInput(
            f"The label {name!r} has {len(classes)} classes; {MOST_CLASSES} are the most.",
            field="labels", code="too_many_classes",
        )  # fmt: skip
    return Head(name, classes)


def _found(items: Sequence[Item], name: str) -> Head | None:
    classes = _classes(items, name)
    covered = sum(item.labels.get(name) in classes for item in items)
    if 2 <= len(classes) <= MOST_FOUND_CLASSES and covered >= LEAST_COVERAGE * len(items):
        return Head(name, classes)
    return None


def _classes(items: Sequence[Item], name: str) -> tuple[str, ...]:
    counts = Counter(value for item in items if (value := item.labels.get(name)))
    return tuple(sorted(value for value, count in counts.items() if count >= FEWEST_OF_A_CLASS))
