"""The two discriminators: heads on frozen features, and a residual network from scratch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import SpectralConv2d, minibatch_deviation
from .projector import MIXED_CHANNELS, Projector


class Head(nn.Module):
    """A small patch discriminator on one map: halves it ``halvings`` times, then one logit a cell.

    Class numbers enter as an inner product with the features (Miyato and Koyama 2018).
    """

    def __init__(self, cin: int, width: int, halvings: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [SpectralConv2d(cin, width, 1)] if halvings == 0 else []
        for index in range(halvings):
            layers += [SpectralConv2d(width if index else cin, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.last = SpectralConv2d(width + 1, width, 3, 1, 1)
        self.logit = SpectralConv2d(width, 1, 1)
        self.classes = nn.Embedding(classes, width) if classes else None
        if self.classes is not None:
            nn.init.zeros_(self.classes.weight)

    def forward(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """(n, cin, h, h) to (n, cells)."""
        x = F.leaky_relu(self.last(minibatch_deviation(self.body(x))), 0.2)
        logits = self.logit(x)
        if self.classes is not None and labels is not None:
            logits = logits + (x * self.classes(labels)[:, :, None, None]).sum(dim=1, keepdim=True)
        return torch.as_tensor(logits).flatten(1)


class PixelHead(nn.Module):
    """A patch discriminator on the picture itself: the frozen features hardly see a faint checker, this one
    does.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            SpectralConv2d(3, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            SpectralConv2d(width, 2 * width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            SpectralConv2d(2 * width, 2 * width, 3, 1, 1),
            nn.LeakyReLU(0.2),
            SpectralConv2d(2 * width, 1, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, r, r) to (n, r/4 * r/4)."""
        return torch.as_tensor(self.body(pictures)).flatten(1)


class ProjectedDiscriminator(nn.Module):
    """Four heads on frozen features and one on pixels. Only the heads are trained."""

    def __init__(self, pixels: int, classes: int, seed: int, width: int = 64, pixel_width: int = 24) -> None:
        super().__init__()
        self.projector = Projector(pixels, seed)
        self.heads = nn.ModuleList(
            Head(cin, width, halvings, classes)
            for halvings, cin in zip((3, 2, 1, 0), MIXED_CHANNELS, strict=True)
        )
        self.pixel_head = PixelHead(pixel_width) if pixel_width else None

    def features(self, pictures: Tensor) -> list[Tensor]:
        """What the heads look at: four mixed maps and the picture itself."""
        return [*self.projector(pictures), pictures]

    def judge(self, features: Sequence[Tensor], labels: Tensor | None) -> list[Tensor]:
        """Logits of every head, each (n, cells); high means real."""
        logits = [head(x, labels) for head, x in zip(self.heads, features, strict=False)]
        return logits if self.pixel_head is None else [*logits, self.pixel_head(features[-1])]
