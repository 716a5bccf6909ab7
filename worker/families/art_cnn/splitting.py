"""Which pictures are learned from, and which are kept back to test with: the same ones whatever the seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, tensor

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
    """
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
    train = [place for place in range(len(items)) if place not in valid]
    return Split(tensor(train), tensor(sorted(valid)))


def _group(item: Item, place: int, together: str) -> str:
    value = item.labels.get(together, "") if together else ""
    return f"group {value}" if value else f"one {item.name} {place}"
