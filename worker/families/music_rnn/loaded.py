"""A version in memory, and its passes of one fixed number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .composing import FREE, Draft, write
from .drafting import Wish
from .plan import Plan
from .version import Version
from .voices_layout import VoicesLayout

SHAPES = {"cpu": (1, 2, 4, 8, 16, 32), "cuda": (1, 2, 4, 8, 16, 32, 64, 128, 256)}
FIRST_SHAPE = {"cpu": 4, "cuda": 64}
#: Rows written in lockstep: more would make those that end early wait for longer ones.
MOST_ROWS = 128
_REHEARSED_STEPS = 128


class LoadedMusician:
    """A version, ready to write. Every pass has ``shape`` rows, filled up where there are fewer."""

    def __init__(self, weights: Path, config: Mapping[str, Any], device: str) -> None:
        self.version = Version(weights, config)
        self.device = device
        self._kind = device.partition(":")[0]
        self.shape = FIRST_SHAPE[self._kind]
        network = self.version.network.to(device)
        held = [*network.parameters(), *network.buffers()]
        corpus = self.version.corpus.to_arrays().values()
        self.nbytes = sum(x.numel() * x.element_size() for x in held) + sum(x.nbytes for x in corpus)

    def shapes(self) -> Sequence[int]:
        """The shapes that may be tried."""
        return SHAPES[self._kind]

    def rehearse(self, shape: int) -> None:
        """Write some steps of ``shape`` pieces."""
        layout = self.version.layout
        length = _REHEARSED_STEPS if isinstance(layout, VoicesLayout) else 1 << 20
        given = torch.full((_REHEARSED_STEPS, len(layout.slots)), FREE)
        draft = Draft(given, Plan(16, 0, length), 1.0, 1.0, 0)
        write(self.version.network, [draft] * shape, shape, self.device)

    def make(self, wishes: Sequence[Wish]) -> Iterator[tuple[int, Tensor]]:
        """The place of each wish and its codes (steps, slots), as they are done."""
        for table in _tables(wishes):
            drafts = {place: wishes[place].draft for place in table}
            move = 0
            while drafts:
                codes = write(self.version.network, list(drafts.values()), self.shape, self.device)
                written = dict(zip(drafts, codes, strict=True))
                drafts = {}
                for place, one in written.items():
                    if move < len(wishes[place].moves):
                        drafts[place] = wishes[place].moved(one, move)
                    else:
                        yield place, one
                move += 1


def _tables(wishes: Sequence[Wish]) -> Iterator[list[int]]:
    """Wishes that are written together, by length: each table at most so many rows, but at least one wish."""
    table: list[int] = []
    rows = 0
    for place in sorted(range(len(wishes)), key=lambda n: len(wishes[n].draft.given)):
        particles = wishes[place].draft.particles
        if table and rows + particles > MOST_ROWS:
            yield table
            table, rows = [], 0
        table.append(place)
        rows += particles
    if table:
        yield table
