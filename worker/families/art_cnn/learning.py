"""One network learning: steps, the average of its weights (which is what counts), and its answers."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.breathing import breathe

from .augment import Strength, augment
from .labels import UNKNOWN
from .network import ArtNetwork

BETAS = (0.9, 0.99)
DECAY = 0.02
SMOOTHING = 0.05
MIXUP = 0.2
MIX_SHARE = 0.5
LONGEST_GRADIENT = 1.0
WARM = 0.05
LAST_RATE = 0.02
#: Heads begin from nothing (or from a quick fit) and learn so many times faster than a trunk that knows much.
HEADS_FASTER = 5.0


class Learner:
    """A network, its running average and its optimizer (AdamW, Loshchilov and Hutter 2019)."""

    def __init__(
        self, network: ArtNetwork, weights: list[Tensor], *, rate: float, average: float, device: str
    ) -> None:
        """``weights`` are the classes' weights of each head."""
        self.network = network.to(device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.device, self._average = device, average
        self._weights = [one.to(device) for one in weights]
        trunk = [one for one in network.trunk.parameters() if one.requires_grad]
        faster = 1.0 if network.config.trunk == "small" else HEADS_FASTER
        self._rates = [rate, rate * faster]
        groups = [{"params": trunk}, {"params": list(network.heads.parameters())}]
        self._optimizer = torch.optim.AdamW(groups, lr=rate, betas=BETAS, weight_decay=DECAY)

    def step(
        self,
        pictures: Tensor,
        truth: Tensor,
        strength: Strength,
        source: torch.Generator,
        *,
        step: int,
        fraction: float,
    ) -> Tensor:
        """One update by pictures float (n, 3, p, p) in [-1, 1] with classes (n, heads); gives the loss."""
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * schedule(fraction)
        seen = augment(pictures.to(self.device), strength, source)
        truth = truth.to(self.device)
        share = _mixed(source) if strength.rough else 1.0
        other = torch.randperm(len(seen), generator=source).to(self.device)
        if share < 1.0:
            seen = share * seen + (1.0 - share) * seen[other]
        devices = [self.device] if self.device.startswith("cuda") else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(int(torch.randint(1 << 31, (1,), generator=source)))
            logits = self.network.train()(seen)
            loss = self.loss(logits, truth)
            if share < 1.0:
                loss = share * loss + (1.0 - share) * self.loss(logits, truth[other])
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self._optimizer.step()
        self._follow(step)
        return loss.detach()

    def loss(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Mean cross entropy over heads; pictures without a class of a head say nothing there."""
        found = []
        for place, part in enumerate(self.network.by_head(logits)):
            known = truth[:, place]
            weight = self._weights[place]
            told = F.cross_entropy(
                part, known, weight, ignore_index=UNKNOWN, reduction="sum", label_smoothing=SMOOTHING
            )
            found.append(told / (known != UNKNOWN).sum().clamp_min(1))
        return torch.stack(found).mean()

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": self.network.own_state(),
            "average": self.average.own_state(),
            "optimizer": self._optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state``."""
        self.network.load_state_dict(state["network"], strict=False)
        self.average.load_state_dict(state["average"], strict=False)
        self._optimizer.load_state_dict(state["optimizer"])

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        decay = min(self._average, (1.0 + step) / (10.0 + step))
        for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(value, 1.0 - decay)
        for kept, seen in zip(self.average.buffers(), self.network.buffers(), strict=True):
            kept.copy_(seen)


def schedule(fraction: float) -> float:
    """The share of the learning rate: a warm-up, then half a cosine (Loshchilov and Hutter 2017)."""
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, fraction)))
    return min(1.0, (fraction + 1e-3) / WARM) * (LAST_RATE + (1.0 - LAST_RATE) * cosine)


def class_weights(truth: Tensor, sizes: list[int]) -> list[Tensor]:
    """Rare classes count more: the inverse square root of how often they come, 1 on average."""
    found = []
    for place, size in enumerate(sizes):
        known = truth[:, place][truth[:, place] != UNKNOWN]
        counts = torch.bincount(known, minlength=size).float().clamp_min(1.0)
        weights = counts.rsqrt()
        found.append(weights * counts.sum() / (weights * counts).sum())
    return found


@torch.no_grad()
def see(network: ArtNetwork, pixels: Tensor, device: str, rows: int = 32) -> tuple[Tensor, Tensor]:
    """Logits and pooled features, float (n, ...) on the CPU, of pictures uint8 (n, 3, p, p)."""
    logits, pooled = [], []
    for part in torch.split(pixels, rows):
        breathe()
        maps = network.maps(part.to(device).float() / 127.5 - 1.0).mean(dim=(2, 3))
        logits.append(network.answers(maps).float().cpu())
        pooled.append(maps.float().cpu())
    return torch.cat(logits), torch.cat(pooled)


def _mixed(source: torch.Generator) -> float:
    """The share of the first picture in a mix (Zhang et al. 2018): Beta(a, a) by two gamma-like draws."""
    if float(torch.rand(1, generator=source)) >= MIX_SHARE:
        return 1.0
    one, two = (float(torch.rand(1, generator=source)) ** (1.0 / MIXUP) for _ in range(2))
    total = one + two
    # Joehnk 1964 accepts a pair whose sum is at most 1; another is as good as no mix.
    return max(one, two) / total if 0.0 < total <= 1.0 else 1.0
