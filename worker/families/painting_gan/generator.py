"""The generator: z -> mapping -> w -> synthesis, a light network after FastGAN (Liu et al. 2021).

Two things differ from FastGAN: a two-layer mapping with a scale and shift per stage (truncation, style
mixing and inversion into W+ need a style space), and smoothed upsampling (zero-insertion or nearest pixels
leave a checker).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import SharedBatchNorm2d
from .network_config import GeneratorConfig


def normalize(z: Tensor) -> Tensor:
    """Latents scaled to length sqrt(dimensions), as the mapping expects; shape (n, z_dim)."""
    return z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)


class Mapping(nn.Module):
    """(n, z_dim) and class numbers (n,) to styles (n, w_dim)."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.first = nn.Linear(config.z_dim, config.w_dim)
        self.second = nn.Linear(config.w_dim, config.w_dim)
        self.classes = nn.Embedding(len(config.classes), config.w_dim) if config.classes else None
        for layer, gain in ((self.first, 1.0), (self.second, 2.0)):
            nn.init.normal_(layer.weight, 0.0, (gain / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        hidden = self.first(normalize(z))
        if self.classes is not None and labels is not None:
            hidden = hidden + self.classes(labels)
        return torch.as_tensor(self.second(F.leaky_relu(hidden, 0.2)))


class StyledConv(nn.Module):
    """3x3 convolution, batch norm, scale and shift from w, noise, gated linear unit: (n, cin, h, h) to (n,
    cout, h, h).
    """

    def __init__(self, cin: int, cout: int, w_dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, 2 * cout, 3, 1, 1, bias=False)
        self.norm = SharedBatchNorm2d(2 * cout, affine=False)
        self.style = nn.Linear(w_dim, 4 * cout)
        self.noise_weight = nn.Parameter(torch.zeros(2 * cout))
        nn.init.orthogonal_(self.conv.weight)
        nn.init.normal_(self.style.weight, 0.0, 0.5 * w_dim**-0.5)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        scale, shift = self.style(w)[:, :, None, None].chunk(2, dim=1)
        x = self.norm(self.conv(x)) * (1.0 + scale) + shift
        return F.glu(x + noise * self.noise_weight[:, None, None], dim=1)


class Excitation(nn.Module):
    """Channel gates for a late stage read from an early one (FastGAN's skip-layer excitation)."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(cin, cout, 4)
        self.gate = nn.Conv2d(cout, cout, 1)

    def forward(self, early: Tensor) -> Tensor:
        hidden = F.silu(self.squeeze(F.adaptive_avg_pool2d(early, 4)))
        return torch.sigmoid(self.gate(hidden))


class Generator(nn.Module):
    """Mapping and synthesis. Pictures are float in [-1, 1], shape (n, 3, resolution, resolution)."""

    w_center: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.mapping = Mapping(config)
        self.start = nn.Linear(config.w_dim, 2 * widths[0] * 16)
        self.start_norm = nn.InstanceNorm2d(2 * widths[0])
        pairs = list(pairwise(widths))
        self.stages = nn.ModuleList(StyledConv(cin, cout, config.w_dim) for cin, cout in pairs)
        reach = range(3, len(widths))
        self.excitations = nn.ModuleDict({str(i): Excitation(widths[i - 3], widths[i]) for i in reach})
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, 1, 1)
        nn.init.normal_(self.start.weight, 0.0, config.w_dim**-0.5)
        nn.init.zeros_(self.start.bias)
        self.register_buffer("w_center", torch.zeros(max(1, len(config.classes)), config.w_dim))

    def forward(self, z: Tensor, labels: Tensor | None, noise: Sequence[Tensor]) -> Tensor:
        w = self.mapping(z, labels)
        return self.synthesize(w[:, None].expand(-1, self.config.layers, -1), noise)

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor]) -> Tensor:
        """Styles (n, layers, w_dim) and one noise map (n, 1, size, size) per stage after the start to
        pictures.
        """
        x = self.start(ws[:, 0]).unflatten(1, (-1, 4, 4))
        x = F.glu(self.start_norm(x), dim=1)
        maps = [x]
        for index, stage in enumerate(self.stages, start=1):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = stage(x, ws[:, index], noise[index - 1])
            if str(index) in self.excitations:
                x = x * self.excitations[str(index)](maps[index - 3])
            maps.append(x)
        return torch.tanh(self.to_rgb(x))

    def draw_noise(self, count: int, source: torch.Generator) -> list[Tensor]:
        """Standard normal maps for ``count`` pictures, drawn on the generator's own device."""
        sizes = self.config.sizes[1:]
        return [torch.randn(count, 1, size, size, generator=source, device=source.device) for size in sizes]
