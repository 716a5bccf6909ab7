"""The frozen half of the projected discriminator (Sauer et al. 2021): ImageNet features, randomly mixed.

Fixed random 1x1 convolutions mix channels at each scale, and fixed random 3x3 convolutions mix scales from
the coarsest down, so that no head can rest on a few easy features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.vision.efficientnet import TAP_CHANNELS, load_lite

MIXED_CHANNELS = (32, 48, 64, 96)


class Projector(nn.Module):
    """Pictures (n, 3, r, r) in [-1, 1] to four mixed maps at strides 4, 8, 16, 32 of ``pixels``."""

    def __init__(self, pixels: int, seed: int) -> None:
        super().__init__()
        self.pixels = pixels
        self.lite = load_lite("lite0")
        source = torch.Generator().manual_seed(seed)
        self.channel_mix = nn.ParameterList(
            _random_kernel(cin, cout, 1, source)
            for cin, cout in zip(TAP_CHANNELS, MIXED_CHANNELS, strict=True)
        )
        self.scale_mix = nn.ParameterList(
            _random_kernel(cin, cout, 3, source)
            for cin, cout in zip(MIXED_CHANNELS[1:], MIXED_CHANNELS[:-1], strict=True)
        )
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        if pictures.shape[-1] != self.pixels:
            pictures = F.interpolate(pictures, size=self.pixels, mode="bilinear", align_corners=False)
        taps = self.lite.features(pictures)
        maps = [F.conv2d(tap, kernel) for tap, kernel in zip(taps, self.channel_mix, strict=True)]
        for index in (2, 1, 0):
            coarse = F.conv2d(maps[index + 1], self.scale_mix[index], padding=1)
            maps[index] = maps[index] + F.interpolate(coarse, size=maps[index].shape[-2:], mode="bilinear")
        return maps


def _random_kernel(cin: int, cout: int, kernel: int, source: torch.Generator) -> nn.Parameter:
    """Kaiming-normal weights that are never trained, shape (cout, cin, kernel, kernel)."""
    weight = torch.randn(cout, cin, kernel, kernel, generator=source) * (2.0 / (cin * kernel * kernel)) ** 0.5
    return nn.Parameter(weight, requires_grad=False)
