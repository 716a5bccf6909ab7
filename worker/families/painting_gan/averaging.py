"""The running average of the generator's weights, which is what samples are made with."""

from __future__ import annotations

import torch
from torch import nn

_RAMP = 0.05


def ema_decay(batch: int, images: int, half_life: float) -> float:
    """Weight of the past after a step of ``batch`` pictures.

    The half-life (in pictures) grows with the training, to at most ``half_life``, so that the first minutes
    are not averaged away (Karras et al. 2020).
    """
    return float(0.5 ** (batch / max(1.0, min(half_life, images * _RAMP))))


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move every weight and running statistic of ``average`` towards ``network``."""
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1.0 - decay)
    for statistic, current in zip(average.buffers(), network.buffers(), strict=True):
        if statistic.is_floating_point():
            statistic.lerp_(current, 1.0 - decay)
        else:
            statistic.copy_(current)
