"""Kernel inception distance on EfficientNet-Lite1 features (Binkowski et al. 2018), called KID-lite1.

The projected discriminator looks through Lite0, so the score must not: Lite1 is another network with other
weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.breathing import breathe

SCORE_PIXELS = 128


def embed(network: nn.Module, pictures: Tensor, batch: int = 16) -> Tensor:
    """Features (n, d) of pictures (n, 3, h, w) in [-1, 1], scaled to ``SCORE_PIXELS`` first."""
    found = []
    with torch.no_grad():
        for part in torch.split(pictures, batch):
            breathe()
            scaled = F.interpolate(part, size=SCORE_PIXELS, mode="bilinear", align_corners=False)
            found.append(network(scaled).float())
    return torch.cat(found)


def polynomial_kernel(x: Tensor, y: Tensor) -> Tensor:
    """(x . y / d + 1)^3, shape (len(x), len(y))."""
    return (x @ y.T / x.shape[1] + 1.0).pow(3)


def kernel_distance(x: Tensor, y: Tensor) -> float:
    """Unbiased squared maximum mean discrepancy between two sets of features; may fall a little below 0."""
    x, y = x.double(), y.double()
    n, m = len(x), len(y)
    xx, yy = polynomial_kernel(x, x), polynomial_kernel(y, y)
    within_x = (xx.sum() - xx.diagonal().sum()) / (n * (n - 1))
    within_y = (yy.sum() - yy.diagonal().sum()) / (m * (m - 1))
    return float(within_x + within_y - 2.0 * polynomial_kernel(x, y).mean())
