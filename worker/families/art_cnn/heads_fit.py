"""Heads begin with a quick fit to what the trunk already sees: logistic regression on frozen features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .labels import UNKNOWN
from .learning import see
from .network import ArtNetwork

#: The penalty on squared weights, for unit features scaled to length 10: measured on three data sets.
PENALTY = 1e-4
LENGTH = 10.0
_ROUNDS = 60


def fit_heads(network: ArtNetwork, pixels: Tensor, truth: Tensor, device: str) -> None:
    """Set the heads of a network whose trunk knows something, by pictures uint8 (n, 3, p, p)."""
    _, pooled = see(network.eval(), pixels, device)
    scale = LENGTH / float(pooled.norm(dim=1).mean().clamp_min(1e-6))
    start = 0
    for place, size in enumerate(network.sizes):
        known = truth[:, place] != UNKNOWN
        if not bool(known.any()):
            start += size
            continue
        weight, bias = _regress(pooled[known] * scale, truth[known, place], size)
        with torch.no_grad():
            network.heads.weight[start : start + size] = weight.T * scale
            network.heads.bias[start : start + size] = bias
        start += size


def _regress(x: Tensor, classes: Tensor, size: int) -> tuple[Tensor, Tensor]:
    weight = torch.zeros(x.shape[1], size, requires_grad=True)
    bias = torch.zeros(size, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=_ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(x @ weight + bias, classes) + PENALTY * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    with torch.enable_grad():
        solver.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()
