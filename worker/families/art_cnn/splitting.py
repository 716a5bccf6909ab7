"""Which pictures are learned from, and which are kept back to test with: the same ones whatever the seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, tensor

from shared.errors import InvalidInput
from worker.family import Item


@dataclass(frozen=True)
class Split:
    """Indices that share nothing, in order."""

    train: Tensor
    valid: Tensor


def split_of(items: Sequence[Item], targets: Tensor, share: float, together: str = "") -> Split:
    """Keep a share of each class of the first head back, of every class that has two at least one.

    ``together`` names a label: pictures with the same value of it stay on one side, since a second view of
    what was learned is no test.

    Raises:
        InvalidInput: no picture has that label (unknown_label), or nothing is left to test with (one_group).
    """
    if together and not any(item.labels.get(together) for item in items):
        raise InvalidInput(
            f"No picture has the label {together!r}, by which pictures were to be kept together.",
            field="together", code="unknown_label",
        )  # fmt: skip
    groups: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        groups[_group(item, place, together)].append(place)
    kinds: dict[int, list[str]] = defaultdict(list)
    for name, members in groups.items():
        kinds[int(targets[members[0], 0])].append(name)
    valid: set[int] = set()
    for names in kinds.values():
        ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
        count = max(1, round(share * len(ordered))) if len(ordered) > 1 else 0
        for name in ordered[:count]:
            valid.update(groups[name])
    if not valid:
        raise InvalidInput(
            f"No class has pictures with two values of {together!r}: kept together so, none are left to "
            "test with.",
            field="together", code="one_group",
        )  # fmt: skip
    train = [place for place in range(len(items)) if place not in valid]
    return Split(tensor(train), tensor(sorted(valid)))


def _group(item: Item, place: int, together: str) -> str:
    value = item.labels.get(together, "") if together else ""
    return f"group {value}" if value else f"one {item.name} {place}"
