"""A residual discriminator trained from scratch, after R3GAN (Huang et al. 2024): no norm, zero-initialized
branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_GROUP = 8


class ResidualBlock(nn.Module):
    """1x1 to twice the channels, grouped 3x3, 1x1 back; the last starts at zero, so the block starts as
    identity.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = 2 * width
        groups = wide // _GROUP if wide % _GROUP == 0 else 1
        self.expand = nn.Conv2d(width, wide, 1)
        self.mix = nn.Conv2d(wide, wide, 3, 1, 1, groups=groups)
        self.project = nn.Conv2d(wide, width, 1, bias=False)
        nn.init.kaiming_normal_(self.expand.weight, 0.2)
        nn.init.kaiming_normal_(self.mix.weight, 0.2)
        nn.init.zeros_(self.project.weight)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.leaky_relu(self.expand(x), 0.2)
        return torch.as_tensor(x + self.project(F.leaky_relu(self.mix(hidden), 0.2)))


class ScratchDiscriminator(nn.Module):
    """Pictures (n, 3, r, r) to one logit each; ``widths`` are the channels at 4, 8, ... r pixels."""

    def __init__(self, widths: Sequence[int], classes: int) -> None:
        super().__init__()
        sizes = list(reversed(widths))
        self.from_rgb = nn.Conv2d(3, sizes[0], 1)
        self.blocks = nn.ModuleList(ResidualBlock(width) for width in sizes)
        pairs = pairwise(sizes)
        self.widen = nn.ModuleList(nn.Conv2d(fine, coarse, 1, bias=False) for fine, coarse in pairs)
        self.basis = nn.Conv2d(sizes[-1], sizes[-1], 4, groups=sizes[-1], bias=False)
        self.logit = nn.Linear(sizes[-1], 1)
        self.classes = nn.Embedding(classes, sizes[-1]) if classes else None

    def features(self, pictures: Tensor) -> list[Tensor]:
        """The picture itself: everything here is trained."""
        return [pictures]

    def judge(self, features: Sequence[Tensor], labels: Tensor | None) -> list[Tensor]:
        """One (n, 1) tensor of logits; high means real."""
        x = self.from_rgb(features[0])
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index < len(self.widen):
                x = self.widen[index](F.avg_pool2d(x, 2))
        x = self.basis(x).flatten(1)
        logit = self.logit(x)
        if self.classes is not None and labels is not None:
            logit = logit + (x * self.classes(labels)).sum(dim=1, keepdim=True) / x.shape[1] ** 0.5
        return [torch.as_tensor(logit)]
