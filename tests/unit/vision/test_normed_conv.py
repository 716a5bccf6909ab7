"""A convolution with its norm beside it: loaded, folded and unfolded, it computes the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from worker.vision.efficientnet import EfficientNetLite, InvertedResidual, NormedConv, SameConv, load_lite


def moved(kernel: int, stride: int, groups: int, *, relu: bool) -> NormedConv:
    """A normed convolution whose weights and norm are anything."""
    conv = NormedConv(8, 8, kernel, stride, groups, relu=relu)
    with torch.no_grad():
        conv.weight.normal_()
        for value in (conv.norm.weight, conv.norm.bias, conv.norm.running_mean, conv.norm.running_var):
            assert value is not None
            nn.init.uniform_(value, 0.3, 1.7)
    return conv.eval()


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "groups"), [(1, 1, 1), (3, 1, 8), (3, 2, 1), (5, 2, 8)])
@torch.no_grad()
def test_folding_and_unfolding_change_nothing_but_rounding(
    kernel: int, stride: int, groups: int, relu: bool
) -> None:
    conv, plain = moved(kernel, stride, groups, relu=relu), SameConv(8, 8, kernel, stride, groups, relu=relu)
    conv.fold_into(plain)
    x = torch.randn(2, 8, 11, 9)
    assert torch.allclose(plain(x), conv(x), atol=1e-5)
    again = moved(kernel, stride, groups, relu=relu)
    again.unfold_from(plain)
    assert torch.allclose(again(x), plain(x), atol=1e-5)
    back = SameConv(8, 8, kernel, stride, groups, relu=relu)
    again.fold_into(back)
    assert torch.allclose(back.weight, plain.weight, atol=1e-6) and torch.allclose(back.bias, plain.bias)


def test_while_it_learns_it_takes_the_means_of_the_batch() -> None:
    conv = moved(3, 1, 1, relu=False).train()
    y = conv(torch.randn(16, 8, 6, 6) * 3 + 1)
    plain = (y - conv.norm.bias[:, None, None]) / conv.norm.weight[:, None, None]
    assert torch.allclose(plain.mean(dim=(0, 2, 3)), torch.zeros(8), atol=1e-4)
    assert torch.allclose(plain.std(dim=(0, 2, 3)), torch.ones(8), atol=2e-2)


def test_what_learns_are_the_weights_and_the_norm() -> None:
    conv = NormedConv(4, 6, 3, 1, 1, relu=True)
    assert {name for name, _ in conv.named_parameters()} == {"weight", "norm.weight", "norm.bias"}
    assert not list(SameConv(4, 6, 3, 1, 1, relu=True).parameters())


@torch.no_grad()
def test_the_package_seen_with_norms_equals_the_package_folded() -> None:
    plain, normed = load_lite("lite0"), load_lite("lite0", normed=True)
    x = torch.rand(2, 3, 96, 64) * 2 - 1
    expected = plain(x)
    assert torch.allclose(normed(x), expected, atol=1e-3 * float(expected.abs().max()))
    assert not normed.training and not any(one.requires_grad for one in normed.parameters())
    normed.stem.weight.zero_()
    assert float(load_lite("lite0", normed=True).stem.weight.abs().sum()) > 0


@torch.no_grad()
def test_a_block_with_its_short_cut_is_folded_as_a_whole() -> None:
    def block(conv: type[SameConv]) -> InvertedResidual:
        return InvertedResidual(3, 1, 6, 8, 8, conv).eval()

    normed, plain = block(NormedConv), block(SameConv)
    for one in normed.modules():
        if isinstance(one, NormedConv):
            one.weight.normal_(0, 0.2)
            assert one.norm.running_mean is not None
            one.norm.running_mean.normal_()
    pairs = [
        (one, getattr(plain, name)) for name, one in normed.named_children() if isinstance(one, NormedConv)
    ]
    assert len(pairs) == 3
    for one, other in pairs:
        one.fold_into(other)
    x = torch.randn(2, 8, 7, 7)
    assert torch.allclose(plain(x), normed(x), atol=1e-4)
    assert normed.shortcut and not InvertedResidual(3, 2, 6, 8, 8).shortcut


def test_both_kinds_have_the_same_convolutions_in_the_same_order() -> None:
    kinds = [
        [one for one in EfficientNetLite("lite0", conv).modules() if isinstance(one, SameConv)]
        for conv in (SameConv, NormedConv)
    ]
    assert [tuple(one.weight.shape) for one in kinds[0]] == [tuple(one.weight.shape) for one in kinds[1]]
    assert [one.stride for one in kinds[0]] == [one.stride for one in kinds[1]]
