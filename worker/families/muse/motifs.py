"""What works found have in common: labels, colours, and patterns of melody or rhythm."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.labels import in_words
from worker.picture.colour import difference, lab_of
from worker.picture.names import name_of

from .entries import PROVENANCE, Entry
from .index import Index
from .traits import Colour

#: Colours closer than this, in CIEDE2000, are one; a colour counts from this share of a picture on.
_SAME, _SEEN = 10.0, 0.06
_MOST, _MOST_WORKS = 6, 6
#: A label must be this much more frequent among the works found than in the whole collection.
_LIFT = 1.3


@dataclass(frozen=True)
class Motif:
    """A sentence, and the places of the works it is true of."""

    text: str
    places: tuple[int, ...]

    def told(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """As reports have it."""
        return {"text": self.text, "works": [entries[place].told() for place in self.places[:_MOST_WORKS]]}


def motifs_of(index: Index, places: Sequence[int]) -> list[Motif]:
    """What at least two of some works share, what most share first, of each kind in turn."""
    kinds = [_labels(index, places), _colours(index.entries, places), _patterns(index.entries, places)]
    turns = [kind[turn] for turn in range(_MOST) for kind in kinds if turn < len(kind)]
    return turns[:_MOST]


def _labels(index: Index, places: Sequence[int]) -> list[Motif]:
    found: list[tuple[int, Motif]] = []
    named = sorted({label for place in places for label in index.entries[place].labels.items()})
    for name, value in named:
        if name in PROVENANCE:
            continue
        owners = len(index.labels[name][value])
        mine = tuple(place for place in places if index.entries[place].labels.get(name) == value)
        if len(mine) >= 2 and len(mine) / len(places) >= min(1.0, _LIFT * owners / len(index)):
            text = (
                f"{len(mine)} of {len(places)} are labelled {in_words(name)} {in_words(value)}, in the whole "
                f"collection {owners} of {len(index)}."
            )
            found.append((len(mine), Motif(text, mine)))
    return [motif for _, motif in sorted(found, key=lambda one: -one[0])]


def _colours(entries: Sequence[Entry], places: Sequence[int]) -> list[Motif]:
    """Colours that several pictures have: grown greedily from the most shared one."""
    seen = [(place, one) for place in places for one in entries[place].colours if one.share >= _SEEN]
    if not seen:
        return []
    lab = lab_of(np.array([[one.red, one.green, one.blue] for _, one in seen], np.uint8))
    same = difference(lab[:, None, :], lab[None, :, :]) < _SAME
    free = np.ones(len(seen), dtype=np.bool_)
    found: list[Motif] = []
    while free.any() and len(found) < _MOST:
        owners = [{seen[other][0] for other in np.flatnonzero(same[row] & free)} for row in range(len(seen))]
        best = max(range(len(seen)), key=lambda row: (bool(free[row]) * len(owners[row]), -row))
        if len(owners[best]) < 2:
            break
        mine = tuple(place for place in places if place in owners[best])
        text = f"{len(mine)} of {len(places)} share a colour: {_named(seen[best][1])}."
        found.append(Motif(text, mine))
        free &= ~same[best]
    return found


def _named(colour: Colour) -> str:
    return f"{colour_name(colour)} ({colour.hex})"


def colour_name(colour: Colour) -> str:
    """What people call a colour."""
    return name_of(lab_of(np.array([colour.red, colour.green, colour.blue], np.uint8)))


def _patterns(entries: Sequence[Entry], places: Sequence[int]) -> list[Motif]:
    owners: dict[str, list[int]] = defaultdict(list)
    for place in places:
        for pattern in entries[place].motifs:
            owners[pattern].append(place)
    counts = Counter({pattern: len(mine) for pattern, mine in owners.items() if len(mine) >= 2})
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST]
    return [
        Motif(f"{count} of {len(places)} share a motif: {_spoken(pattern)}.", tuple(owners[pattern]))
        for pattern, count in ranked
    ]


def _spoken(pattern: str) -> str:
    kind, _, values = pattern.partition(" ")
    if kind == "steps":
        return f"the melody moves by {values.replace(' ', ', ')} semitones"
    return f"notes of the melody last {values.replace(' ', ', ')} sixteenths"
