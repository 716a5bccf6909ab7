"""A version in memory: the index, and what looks at works that come with requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .index import read_index
from .looking import Looker
from .ranks import Ranks
from .reasons import Reasons
from .tags import Tags
from .traits import PAINTING

#: How many works of a maker are asked for at once. No result depends on it.
SHAPES = (4, 8, 16)
_LOOKED_AT = 64
#: Bytes in memory for each byte of a version's list of works: the entries, and the tags, labels and places
#: made from them when they are first asked for. 6.1 to 7.1 were measured for lists of 4000 works.
_IN_MEMORY = 8


class LoadedMuse:
    """A collection, ready to be asked."""

    def __init__(self, weights: Path, config: Mapping[str, Any], device: str) -> None:
        self.index = read_index(weights, config)
        self.looker = Looker(device)
        self.shape = SHAPES[0]
        self._text = int(config["text"])

    @property
    def nbytes(self) -> int:
        """What it holds, or will hold once it was asked: the index, its list of works with what is made from
        it, the figures in order, and for pictures the network that looks at them.
        """
        eye = self.looker.eye.nbytes if self.index.media == PAINTING else 0
        return self.index.nbytes + _IN_MEMORY * self._text + self.index.figures.nbytes + eye

    @cached_property
    def tags(self) -> Tags:
        """The words by which works are found."""
        return Tags(self.index.entries)

    @cached_property
    def reasons(self) -> Reasons:
        """Sentences on works."""
        return Reasons(self.index, self.tags, Ranks(self.index))

    def shapes(self) -> Sequence[int]:
        """The shapes that may be tried."""
        return SHAPES

    def rehearse(self, shape: int) -> None:
        """Look at ``shape`` blank pictures; music is looked at piece by piece, whatever the shape."""
        if self.index.media == PAINTING:
            self.looker.eye.features([np.zeros((_LOOKED_AT, _LOOKED_AT, 3), np.uint8)] * shape)
