"""A collection in memory: what a version holds, and how it is written down and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from shared.errors import BadFile, InvalidInput
from worker.advice.usual import Usual, usual_of
from worker.weights_file import read_weights

from .entries import Entry, from_bytes, to_bytes
from .operations import MOST_WORKS
from .space import Space
from .traits import MUSIC, PAINTING, Real, Traits

_LONGEST_TEXT = 1 << 30


@dataclass(frozen=True)
class Index:
    """n works of one medium.

    ``vectors`` float16 (n, d) are unit vectors of ``space``; ``remote`` (n,) says how far each lies from the
    middle of all; ``mood`` (n, 2) is valence and arousal; ``figures`` (n, f) has the columns ``names``.
    ``side`` is the longest side of a picture at which works were looked at, the median.
    """

    media: str
    entries: tuple[Entry, ...]
    vectors: Tensor
    space: Space
    remote: Real
    mood: Real
    names: tuple[str, ...]
    figures: Real
    usual: Usual
    side: int

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each work by the hash of its file."""
        return {one.hash: place for place, one in enumerate(self.entries) if one.hash}

    @property
    def nbytes(self) -> int:
        """Bytes of what is held as numbers."""
        held = (self.space.centre, self.space.scale, self.remote, self.mood, self.figures)
        return self.vectors.numel() * self.vectors.element_size() + sum(one.nbytes for one in held)

    def row(self, place: int) -> dict[str, float]:
        """The figures of one work by name."""
        return dict(zip(self.names, self.figures[place].tolist(), strict=True))

    def usual_among(self, places: Sequence[int]) -> Usual:
        """What is usual among some works."""
        return usual_of([self.row(place) for place in places])

    @cached_property
    def labels(self) -> dict[str, dict[str, list[int]]]:
        """Of each label's values the places of the works that have it, in order."""
        found: dict[str, dict[str, list[int]]] = {}
        for place, one in enumerate(self.entries):
            for name, value in one.labels.items():
                found.setdefault(name, {}).setdefault(value, []).append(place)
        return found


def build(
    media: str, heads: Sequence[tuple[str, str, Mapping[str, str]]], traits: Sequence[Traits], side: int
) -> Index:
    """The index of works: ``heads`` has hash, name and labels of each."""
    raw = np.stack([one.vector for one in traits])
    space = Space.of(raw, standardised=media == MUSIC)
    names = tuple(sorted(set.intersection(*(set(one.figures) for one in traits))))
    entries = tuple(
        Entry(digest, name, dict(labels), one.colours, one.words, one.motifs, dict(one.facts))
        for (digest, name, labels), one in zip(heads, traits, strict=True)
    )
    figures = np.array([[one.figures[name] for name in names] for one in traits], np.float32)
    rows = [dict(zip(names, row, strict=True)) for row in figures.tolist()]
    return Index(
        media=media,
        entries=entries,
        vectors=torch.from_numpy(space.place(raw)).half(),
        space=space,
        remote=space.remoteness(raw),
        mood=np.array([one.mood for one in traits], np.float32),
        names=names,
        figures=figures,
        usual=usual_of(rows),
        side=side,
    )


def weights_of(index: Index) -> dict[str, Tensor]:
    """Every tensor of a version."""
    return {
        "vectors": index.vectors,
        "centre": torch.from_numpy(index.space.centre),
        "scale": torch.from_numpy(index.space.scale),
        "remote": torch.from_numpy(index.remote),
        "mood": torch.from_numpy(index.mood),
        "figures": torch.from_numpy(index.figures),
        "works": to_bytes(index.entries),
    }


def config_of(index: Index) -> dict[str, Any]:
    """What ``read_index`` needs besides the weights."""
    return {
        "media": index.media,
        "works": len(index),
        "width": int(index.vectors.shape[1]),
        "figures": list(index.names),
        "text": int(to_bytes(index.entries).numel()),
        "usual": index.usual.to_dict(),
        "side": index.side,
    }


def read_index(path: Path, config: Mapping[str, Any]) -> Index:
    """The index of ``config`` with the weights in ``path``.

    Raises:
        InvalidInput: the description cannot be used.
        BadFile: (``wrong_weights``) the weights do not fit it.
    """
    try:
        media, works, width = str(config["media"]), int(config["works"]), int(config["width"])
        names, text, side = tuple(map(str, config["figures"])), int(config["text"]), int(config["side"])
        usual = Usual.of(config["usual"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("The version's description of its collection cannot be read.") from error
    sound = 1 <= works <= MOST_WORKS and 1 <= width <= 1 << 14 and 0 < text <= _LONGEST_TEXT and side > 0
    if media not in (PAINTING, MUSIC) or not sound or len(set(names)) != len(names):
        raise InvalidInput("The version describes a collection that this family cannot hold.")
    found = read_weights(path, _shapes(works, width, len(names), text))
    entries = from_bytes(found["works"])
    if len(entries) != works:
        raise BadFile("The index names another number of works than it holds.", code="wrong_weights")
    space = Space(_array(found["centre"]), _array(found["scale"]))
    return Index(
        media, entries, found["vectors"], space, _array(found["remote"]), _array(found["mood"]), names,
        _array(found["figures"]), usual, side,
    )  # fmt: skip


def _shapes(works: int, width: int, figures: int, text: int) -> dict[str, Tensor]:
    """Tensors of the names, shapes and types that the weights have; none of them takes memory."""
    with torch.device("meta"):
        return {
            "vectors": torch.empty(works, width, dtype=torch.float16),
            "centre": torch.empty(width),
            "scale": torch.empty(width),
            "remote": torch.empty(works),
            "mood": torch.empty(works, 2),
            "figures": torch.empty(works, figures),
            "works": torch.empty(text, dtype=torch.uint8),
        }


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(tensor.numpy(), dtype=np.float32)
