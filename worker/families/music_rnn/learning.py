"""One network learning: a step, the average of its weights, and what it gives to unseen pieces."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from worker.breathing import breathe

from .batches import Batch, Piece, whole
from .network import MusicNetwork

#: Steps in which the learning rate grows to its height, and the share of it that is left at the end.
WARM_STEPS = 50
LAST_RATE = 0.02
LONGEST_GRADIENT = 1.0
BETAS = (0.9, 0.98)
DECAY = 0.01


@dataclass(frozen=True)
class Score:
    """How well pieces are foretold, in nats a slot: over all slots, and as the mean of the pieces' means."""

    nll: float
    nll_per_piece: float

    @property
    def perplexity(self) -> float:
        """e to the NLL: among how many equally likely notes it hesitates."""
        return math.exp(min(50.0, self.nll))


class Learner:
    """A network, its running average (which is what counts) and its optimizer (AdamW, cosine schedule)."""

    def __init__(self, network: MusicNetwork, *, rate: float, average: float, seed: int, device: str) -> None:
        self.network = network.to(device)
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.device, self._rate, self._average, self._seed = device, rate, average, seed
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=rate, betas=BETAS, weight_decay=DECAY)

    def step(self, batch: Batch, step: int, fraction: float) -> Tensor:
        """One update; gives the mean NLL of a slot. ``fraction`` of the training is over before it.

        Chance (dropout) comes from the seed and the step alone and leaves the global stream as it was.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * schedule(step, fraction)
        batch = batch.to(self.device)
        devices = [self.device] if self.device.startswith("cuda") else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(self._seed * 1_000_003 + step)
            loss = mean_nll(self.network.train(), batch)
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self._optimizer.step()
        self._follow(step)
        return loss.detach()

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": dict(self.network.state_dict()),
            "average": dict(self.average.state_dict()),
            "optimizer": self._optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state``."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        decay = min(self._average, (1.0 + step) / (10.0 + step))
        for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(value, 1.0 - decay)


def schedule(step: int, fraction: float) -> float:
    """The share of the learning rate: a short warm-up, then half a cosine (Loshchilov & Hutter 2017)."""
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, fraction)))
    return min(1.0, (step + 1) / WARM_STEPS) * (LAST_RATE + (1.0 - LAST_RATE) * cosine)


def mean_nll(network: MusicNetwork, batch: Batch) -> Tensor:
    """The mean NLL in nats of a slot of ``batch``."""
    told = network(batch.fields, batch.clock, batch.codes)
    count = batch.mask.sum() * batch.codes.shape[-1]
    return torch.as_tensor(-(told * batch.mask.unsqueeze(-1)).sum() / count)


@torch.no_grad()
def evaluate(network: MusicNetwork, pieces: Sequence[Piece], device: str) -> Score:
    """How well whole pieces, each alone, are foretold."""
    total, count, means = 0.0, 0, []
    for piece in pieces:
        breathe()
        batch = whole(network.layout, piece).to(device)
        nll = -float(network(batch.fields, batch.clock, batch.codes).double().sum())
        total, count = total + nll, count + batch.codes.numel()
        means.append(nll / batch.codes.numel())
    return Score(total / max(1, count), sum(means) / max(1, len(means)))
