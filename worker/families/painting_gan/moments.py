"""Batch moments of frozen features, matched between made and real pictures (after Salimans et al. 2016).

The hinge alone lets a young generator run in one direction: after a thousand pictures all samples share one
layout and differ in contrast only. The features are at hand anyway, and means and deviations at every place
of every map tell the generator at once which colors and layouts there are and how much they vary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from worker.distributed.share import Share, here

_FLOOR = 1e-4


def moment_distance(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Squared differences of batch means and of batch deviations, in units of each channel's real deviation.

    Maps are (n, c, h, w) with an even n. The means' difference is the product of two half batches'
    differences, which is right on average: one batch's own square would also punish variety. Ranks that
    share a batch find what one process would find for all of it.
    """
    share = here()
    maps = zip(made, real, strict=True)
    return torch.stack([_map_distance(m.float(), r.float(), share) for m, r in maps]).mean()


def _map_distance(made: Tensor, real: Tensor, share: Share) -> Tensor:
    half = len(made) // 2
    unit = share.variance(real, (0, 2, 3)).sqrt()[:, None, None] + 1e-3
    first = share.mean(made[:half].mean(dim=0) - real[:half].mean(dim=0)) / unit
    second = share.mean(made[half:].mean(dim=0) - real[half:].mean(dim=0)) / unit
    spread = (_deviation(made, share) - _deviation(real, share)) / unit
    return (first * second).mean() + spread.square().mean()


def _deviation(x: Tensor, share: Share) -> Tensor:
    return torch.as_tensor((share.variance(x, (0,)) + _FLOOR).sqrt())
