"""What a trainer needs to know of the other ranks, and the sums it makes with them.

Every rank draws what a single process would draw for the whole batch and keeps its own share. Gradients, and
every figure that belongs to the whole batch (means of a batch norm, say), are averaged over the ranks. In a
process that is no rank all of this does nothing, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed


class PeerLost(RuntimeError):
    """Another rank went away in the middle of a sum."""


@dataclass(frozen=True)
class Share:
    """This process's part of each batch: number ``rank`` of ``size`` equal ones."""

    rank: int = 0
    size: int = 1

    def own(self, whole: Tensor, groups: int = 1) -> Tensor:
        """This rank's rows of ``whole`` (n, ...): the same stretch of each of ``groups`` equal parts.

        Row i of one part then still stands beside row i of the others, as statistics over groups need it.
        """
        if self.size == 1:
            return whole
        parts = whole.reshape(groups, -1, *whole.shape[1:])
        length = parts.shape[1] // self.size
        return parts[:, self.rank * length : (self.rank + 1) * length].flatten(0, 1)

    def mean(self, value: Tensor) -> Tensor:
        """The mean of all ranks' ``value``; gradients flow back to every rank."""
        return value if self.size == 1 else _mean(value)

    def variance(self, x: Tensor, dims: tuple[int, ...]) -> Tensor:
        """The unbiased variance of the ranks' ``x`` taken together, over ``dims``."""
        if self.size == 1:
            return x.var(dim=dims)
        center = self.mean(x.mean(dim=dims, keepdim=True))
        count = math.prod(x.shape[dim] for dim in dims)
        spread = self.mean((x - center).square().sum(dim=dims))
        return spread * self.size / (count * self.size - 1)

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Give every rank the mean of the gradients, in one sum."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        together = _sum(torch.cat([gradient.flatten() for gradient in gradients])) / self.size
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, mean in zip(gradients, torch.split(together, sizes), strict=True):
            gradient.copy_(mean.view(gradient.shape))

    def mean_figures(self, figures: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The means of all ranks' figures, each a single number."""
        if self.size == 1:
            return dict(figures)
        together = self.mean(torch.stack([value.detach().float() for value in figures.values()]))
        return dict(zip(figures, together.unbind(), strict=True))


def here() -> Share:
    """The share of this process."""
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    return Share()


def _sum(value: Tensor) -> Tensor:
    total = value.contiguous().clone()
    try:
        distributed.all_reduce(total)
    except RuntimeError as error:
        raise PeerLost(str(error)) from error
    return total


class _Mean(torch.autograd.Function):
    """The backward pass is the same mean: what one rank's mean does to the others' losses comes back."""

    @staticmethod
    def forward(context: Any, value: Tensor) -> Tensor:
        return _sum(value) / distributed.get_world_size()

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        return _mean(gradients[0])


def _mean(value: Tensor) -> Tensor:
    mean: Tensor = _Mean.apply(value)  # type: ignore[no-untyped-call]
    return mean
