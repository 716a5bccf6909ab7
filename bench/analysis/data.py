"""Labelled pictures on disk as items, flat on white, and which of them are tested with."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from worker.family import Item

FOLDS = 5


def items_of(folder: Path, columns: Sequence[str], scratch: Path) -> list[Item]:
    """The pictures of ``labels.csv`` in a folder with their labels; those with transparency laid on white."""
    found = []
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = flat(folder / row["file"], scratch / folder.name / row["file"])
            with Image.open(path) as image:
                width, height = image.size
            labels = {name: row[name] for name in columns if row.get(name)}
            found.append(Item(path, row["file"], width, height, labels))
    return found


def flat(path: Path, target: Path) -> Path:
    """The picture without transparency: itself, or a copy."""
    if target.exists():
        return target
    with Image.open(path) as image:
        if image.mode in ("RGB", "L"):
            return path
        seen = image.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    paper.alpha_composite(seen)
    target.parent.mkdir(parents=True, exist_ok=True)
    paper.convert("RGB").save(target.with_suffix(".png"))
    return target.with_suffix(".png")


def unseen_groups(items: Sequence[Item], group: str, share: int = 20) -> list[bool]:
    """Which items are tested with: those of ``share`` in a hundred values of the label ``group``, or of the
    names when it is empty. A value is on one side with all its items.
    """
    return [_number(item.labels[group] if group else item.name) % 100 < share for item in items]


def folds(items: Sequence[Item], label: str, group: str = "") -> list[int]:
    """The fold of each item, 0 to 4, each class dealt out evenly; items with one value of the label ``group``
    lie in one fold.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        members[item.labels[group] if group else item.name].append(place)
    by_class: dict[str, list[str]] = defaultdict(list)
    for name, places in members.items():
        by_class[items[places[0]].labels[label]].append(name)
    found = [0] * len(items)
    for names in by_class.values():
        for turn, name in enumerate(sorted(names, key=_number)):
            for place in members[name]:
                found[place] = turn % FOLDS
    return found


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
