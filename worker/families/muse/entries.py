"""What an index tells of its works in words: names, labels, what they can be found by. Kept as JSON bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from shared.errors import BadFile

from .traits import Colour

#: Labels that tell where a work comes from, and nothing of what it is: they make no motif.
PROVENANCE = frozenset({"source", "split", "file", "id", "url", "licence", "license"})
#: The ending of a file's name.
ENDING = re.compile(r"\.[a-z0-9]{2,5}$", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One work: ``hash`` is its file's address ("" where it is not known), ``labels`` are its data set's."""

    hash: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    colours: tuple[Colour, ...] = ()
    words: tuple[str, ...] = ()
    motifs: tuple[str, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What people call it: its label "title" if it has one, else its file's name without the ending."""
        return ENDING.sub("", self.labels.get("title") or self.name.rpartition("/")[2])

    def told(self) -> dict[str, Any]:
        """As reports name it."""
        return {"hash": self.hash, "name": self.name, "labels": dict(self.labels)}


def to_bytes(entries: Sequence[Entry]) -> Tensor:
    """Entries as UTF-8 JSON, uint8 (n,)."""
    rows = [
        {**asdict(one), "colours": [[c.red, c.green, c.blue, c.share] for c in one.colours]}
        for one in entries
    ]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)


def from_bytes(data: Tensor) -> tuple[Entry, ...]:
    """What ``to_bytes`` wrote. Raises BadFile (``wrong_weights``) for anything else."""
    try:
        return tuple(_entry(row) for row in json.loads(data.numpy().tobytes()))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadFile("The index's list of works cannot be read.", code="wrong_weights") from error


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        hash=str(row["hash"]),
        name=str(row["name"]),
        labels={str(name): str(value) for name, value in row["labels"].items()},
        colours=tuple(Colour(int(r), int(g), int(b), float(share)) for r, g, b, share in row["colours"]),
        words=tuple(str(word) for word in row["words"]),
        motifs=tuple(str(motif) for motif in row["motifs"]),
        facts={str(name): int(value) for name, value in row["facts"].items()},
    )
