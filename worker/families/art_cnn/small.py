"""A small residual trunk learned from nothing, for small aligned drawings."""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 128, 256)


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm beside a short cut (He et al. 2016)."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout))
        same = cin == cout and stride == 1
        self.shortcut: nn.Module = nn.Identity() if same else nn.Conv2d(cin, cout, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.shortcut(x) + self.second(self.first(x)))


class SmallTrunk(nn.Module):
    """Maps at stride 16, shape (n, 256, h / 16, w / 16), of pictures (n, 3, h, w) in [-1, 1]."""

    channels = WIDTHS[-1]

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(3, WIDTHS[0], 3, 2, 1, bias=False),
            nn.BatchNorm2d(WIDTHS[0]),
            nn.ReLU(),
        ]
        before = WIDTHS[0]
        for place, width in enumerate(WIDTHS):
            layers += [Residual(before, width, 1 if place == 0 else 2), Residual(width, width, 1)]
            before = width
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.layers(x))
