"""Two GRU cells and a head: 256 steps, one token a step, as a sampler of notes or letters has them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

TOKENS = 128
WIDTH = 256
STEPS = 256


class Sampler(nn.Module):
    """Untrained: how fast it is does not depend on what it has learned."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, WIDTH)
        self.first = nn.GRUCell(WIDTH, WIDTH)
        self.second = nn.GRUCell(WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, TOKENS)

    @torch.inference_mode()
    def sample(self, seeds: Sequence[int]) -> Tensor:
        """uint8 (n, STEPS): the tokens of each seed."""
        chance = torch.stack([chance_of(seed) for seed in seeds], 1).to(self.head.weight.device)
        token = chance.new_zeros(len(seeds), dtype=torch.int64)
        low = high = chance.new_zeros(len(seeds), WIDTH)
        tokens = []
        for step in range(STEPS):
            low = self.first(self.embedding(token), low)
            high = self.second(low, high)
            odds = self.head(high).softmax(1).cumsum(1)
            token = torch.searchsorted(odds, chance[step, :, None]).squeeze(1).clamp_(max=TOKENS - 1)
            tokens.append(token)
        return torch.stack(tokens, 1).to(torch.uint8).cpu()


def chance_of(seed: int) -> Tensor:
    """One uniform number for each step."""
    return torch.rand(STEPS, generator=torch.Generator().manual_seed(seed))


def make_sampler() -> Sampler:
    """The same weights every time."""
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    made = Sampler().eval().requires_grad_(False)
    torch.random.set_rng_state(state)
    return made
