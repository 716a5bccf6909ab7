"""Looks at works of either medium: the network that sees is made when a picture first comes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from worker.music.score import Score
from worker.vision.features import Eye

from . import pictures, pieces
from .reading import Work
from .traits import Traits


class Looker:
    """Turns works into traits."""

    def __init__(self, device: str) -> None:
        self.device = device

    @cached_property
    def eye(self) -> Eye:
        """The network that looks at pictures."""
        return Eye(self.device)

    def look(self, works: Sequence[Work], side: int) -> list[Traits]:
        """The traits of works of one medium; pictures are measured at ``side`` pixels."""
        scores = [work for work in works if isinstance(work, Score)]
        if scores:
            return [pieces.traits_of(score) for score in scores]
        return pictures.traits_of([work for work in works if isinstance(work, np.ndarray)], self.eye, side)
