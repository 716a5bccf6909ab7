"""Layers that the networks share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.distributed.share import here


class SharedBatchNorm2d(nn.BatchNorm2d):
    """A batch norm whose batch is that of all ranks together; in a process that is no rank, the usual one."""

    def forward(self, x: Tensor) -> Tensor:
        share = here()
        if not self.training or share.size == 1:
            return super().forward(x)
        wide = x.float()
        mean = share.mean(wide.mean(dim=(0, 2, 3)))
        centered = wide - mean[:, None, None]
        variance = share.mean(centered.square().mean(dim=(0, 2, 3)))
        self._remember(mean, variance, x.numel() // x.shape[1] * share.size)
        return (centered * torch.rsqrt(variance + self.eps)[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """What ``nn.BatchNorm2d`` does with its running statistics."""
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)


class SpectralConv2d(nn.Conv2d):
    """A convolution divided by its largest singular value (Miyato et al. 2018).

    One power iteration runs at every call in training mode; the vector it goes on from is a buffer, so a
    restored network goes on exactly.
    """

    u: Tensor

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__(cin, cout, kernel, stride, padding)
        self.register_buffer("u", F.normalize(torch.randn(cout), dim=0))

    def normalized_weight(self) -> Tensor:
        """The weight divided by its estimated spectral norm."""
        flat = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(flat.T @ self.u, dim=0)
            u = F.normalize(flat @ v, dim=0)
            if self.training:
                self.u.copy_(u)
        return self.weight / torch.dot(u, flat @ v)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.normalized_weight(), self.bias, self.stride, self.padding)


def minibatch_deviation(x: Tensor, group: int = 4) -> Tensor:
    """Append one map with the mean deviation within groups of samples (Karras et al. 2018): a collapsed
    generator shows here at once. (n, c, h, h) to (n, c + 1, h, h)."""
    count, _, height, width = x.shape
    size = group if count % group == 0 else count
    grouped = x.reshape(size, -1, *x.shape[1:])
    deviation = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return torch.cat([x, deviation.repeat(size).view(count, 1, 1, 1).expand(-1, 1, height, width)], dim=1)
