from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from worker.vision.kid import embed, kernel_distance


def brute_force(x: Tensor, y: Tensor) -> float:
    """Unbiased squared MMD with (a . b / d + 1)^3, one pair at a time."""

    def kernel(a: Tensor, b: Tensor) -> float:
        return (sum(float(p) * float(q) for p, q in zip(a, b, strict=True)) / len(a) + 1.0) ** 3

    def within(z: Tensor) -> float:
        pairs = list(itertools.permutations(range(len(z)), 2))
        return sum(kernel(z[i], z[j]) for i, j in pairs) / len(pairs)

    across = sum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))
    return within(x) + within(y) - 2 * across


def test_kernel_distance_equals_the_brute_force_reference() -> None:
    x, y = torch.randn(7, 5), torch.randn(9, 5) + 0.3
    assert kernel_distance(x, y) == pytest.approx(brute_force(x, y), abs=1e-9, rel=1e-6)


def test_kernel_distance_is_near_zero_for_equal_laws_and_grows_with_the_shift() -> None:
    x, y = torch.randn(300, 8), torch.randn(300, 8)
    near, far, farther = (kernel_distance(x, y + shift) for shift in (0.0, 0.5, 1.0))
    assert abs(near) < 0.05 < far < farther


def test_kernel_distance_is_symmetric() -> None:
    x, y = torch.randn(6, 4), torch.randn(11, 4)
    assert kernel_distance(x, y) == pytest.approx(kernel_distance(y, x))


def test_embed_scales_and_keeps_the_order_over_batches() -> None:
    class Mean(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            assert x.shape[-2:] == (128, 128)
            return x.mean(dim=(2, 3))

    pictures = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 3, 32, 32)
    assert torch.allclose(embed(Mean(), pictures, batch=2), torch.arange(5.0)[:, None].expand(5, 3))
