"""The order in which training pictures are shown: whole shuffled rounds, with a cursor that can be stored."""

from __future__ import annotations

import torch
from torch import Tensor


class DataOrder:
    """Batches of indices. Every picture comes once a round; a batch may reach into the next round."""

    def __init__(self, indices: Tensor, seed: int) -> None:
        self.indices = indices
        self.source = torch.Generator().manual_seed(seed)
        self.waiting = torch.empty(0, dtype=torch.int64)

    def next(self, count: int) -> Tensor:
        """The next ``count`` indices."""
        while len(self.waiting) < count:
            shuffled = self.indices[torch.randperm(len(self.indices), generator=self.source)]
            self.waiting = torch.cat([self.waiting, shuffled])
        batch, self.waiting = self.waiting[:count], self.waiting[count:].clone()
        return batch

    def state(self) -> dict[str, Tensor]:
        """Everything needed to go on with the same batches."""
        return {"source": self.source.get_state(), "waiting": self.waiting}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from ``state``."""
        self.source.set_state(state["source"])
        self.waiting = state["waiting"].clone()
