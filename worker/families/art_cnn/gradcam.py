"""Where the network looked: Grad-CAM (Selvaraju et al. 2017) for the answer of each head.

The heads are linear over the mean of the last maps, so the gradient of an answer by a map's mean is its
weight, and Grad-CAM is the class activation map of Zhou et al. 2016: no backward pass is needed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from .network import ArtNetwork

#: Heat maps are as large as this along their longer side.
SIDE = 384
_HEAT = np.array([[255, 214, 120], [232, 118, 60], [182, 34, 36]], np.float64)


def heat(network: ArtNetwork, maps: Tensor, answers: Sequence[int]) -> list[Tensor]:
    """How much each place speaks for the answer of each head, float (h, w) in [0, 1].

    ``maps`` (channels, h, w) is what the trunk saw; ``answers`` a class for each head.
    """
    weights = torch.split(network.heads.weight, network.sizes)
    found = []
    for weight, answer in zip(weights, answers, strict=True):
        # Against the other answers: what speaks for all of them alike explains none.
        direction = (weight[answer] - weight.mean(0)).to(maps.device)
        cam = torch.einsum("c,chw->hw", direction, maps).clamp_min(0.0)
        found.append(cam / cam.max().clamp_min(1e-9))
    return found


def overlay_png(cam: Tensor, width: int, height: int) -> bytes:
    """A heat map for a picture of that size, as a PNG with transparency: nothing where nothing speaks."""
    scale = SIDE / max(width, height)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    smooth = F.interpolate(cam[None, None].float().cpu(), size=size, mode="bicubic", align_corners=False)
    shares = smooth[0, 0].clamp(0.0, 1.0).double().numpy()
    target = io.BytesIO()
    Image.fromarray(_coloured(shares), "RGBA").save(target, "PNG")
    return target.getvalue()


def _coloured(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    at = shares * (len(_HEAT) - 1)
    low = np.minimum(at.astype(int), len(_HEAT) - 2)
    part = (at - low)[..., None]
    colours = _HEAT[low] * (1 - part) + _HEAT[low + 1] * part
    return np.dstack([colours, 235 * shares**0.8]).round().astype(np.uint8)
