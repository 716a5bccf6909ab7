"""The check of the protocol: a plain recurrent network that tells each of the 88 pitches on its own.

p(frame) is the product of 88 Bernoullis given the frames before it, as in the published tables.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.music.rolls import PITCHES, Roll
from bench.music.tally import Tally
from worker.families.music_rnn.cells import Layer

AVERAGE = 0.99
LONGEST_GRADIENT = 1.0
#: How often a training is validated, and after how many times without a better one it ends.
LOOKS = 25
PATIENCE = 6


@dataclass(frozen=True)
class Recipe:
    """A network of one layer of ``hidden`` cells with ``dropout`` behind it, trained with Adam's ``rate`` on
    ``batch`` parts of at most ``crop`` frames at a step.
    """

    cell: str = "gru"
    hidden: int = 200
    dropout: float = 0.4
    rate: float = 5e-3
    batch: int = 8
    crop: int = 256


class Independent(nn.Module):
    """One recurrent layer, and dropout behind it."""

    def __init__(self, cell: str, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layer = Layer(cell, PITCHES, hidden)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, PITCHES)

    def forward(self, roll: Tensor) -> Tensor:
        """(batch, T, 88) of 0 and 1 to the NLL of each frame given those before it: (batch, T), in nats."""
        past = torch.cat([torch.zeros_like(roll[:, :1]), roll[:, :-1]], dim=1)
        x, _ = self.layer(past, self.layer.start(past))
        told = self.out(self.drop(x))
        return F.binary_cross_entropy_with_logits(told, roll, reduction="none").sum(dim=-1)


@dataclass(frozen=True)
class Trained:
    """A network and the validation figure that chose it."""

    network: Independent
    valid: Tally


def train(
    rolls: dict[str, list[Roll]],
    seconds: float,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str = "cpu",
    clock: Callable[[], float] = time.process_time,
) -> Trained:
    """Train for at most ``seconds`` of the ``clock``; the weights are those that validate best."""
    torch.manual_seed(seed)
    network = Independent(recipe.cell, recipe.hidden, recipe.dropout).to(device)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    source = np.random.default_rng(seed)
    began, step, looks, since = clock(), 0, 1, 0
    best: Trained | None = None
    while since < PATIENCE and looks <= LOOKS:
        loss = _loss(network.train(), _draw(rolls["train"], recipe, source))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
        optimizer.step()
        _follow(average, network, min(AVERAGE, (1 + step) / (10 + step)))
        step += 1
        if clock() - began >= seconds * looks / LOOKS:
            looks, since = looks + 1, since + 1
            valid = score(average, rolls["valid"])
            if best is None or valid.later < best.valid.later:
                best, since = Trained(copy.deepcopy(average), valid), 0
    assert best is not None
    return best


@torch.no_grad()
def score(network: Independent, rolls: Sequence[Roll]) -> Tally:
    """Whole pieces, each alone."""
    device = network.out.weight.device
    return Tally.of(network(_tensor(roll).to(device)[None])[0] for roll in rolls)


def _draw(rolls: Sequence[Roll], recipe: Recipe, source: np.random.Generator) -> list[Roll]:
    chosen = [rolls[place] for place in source.integers(0, len(rolls), recipe.batch)]
    starts = [int(source.integers(0, max(0, len(roll) - recipe.crop) + 1)) for roll in chosen]
    return [roll[start : start + recipe.crop] for roll, start in zip(chosen, starts, strict=True)]


def _loss(network: Independent, rolls: Sequence[Roll]) -> Tensor:
    longest, device = max(len(roll) for roll in rolls), network.out.weight.device
    batch = torch.stack([F.pad(_tensor(roll), (0, 0, 0, longest - len(roll))) for roll in rolls])
    inside = [torch.arange(longest) < len(roll) for roll in rolls]
    mask = torch.stack(inside).to(device)
    return torch.as_tensor((network(batch.to(device)) * mask).sum() / mask.sum())


def _tensor(roll: Roll) -> Tensor:
    return torch.from_numpy(roll.astype(np.float32))


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1.0 - decay)
