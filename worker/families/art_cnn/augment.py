"""Changes that a picture is shown through while a network learns, so that it learns what matters.

What must not decide is drawn at random: place, size and tilt (one affine map), light and colour a little,
sharpness, and the traces of re-encoding. Otherwise a network tells sources apart by the size of their files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_Draw = Callable[[float, float], Tensor]

#: Smallest share of the side that a crop keeps, largest tilt in degrees, strength of light and colour.
CROP = 0.65
TILT = 10.0
LIGHT = 0.25
COLOUR = 0.2
#: Shares of the pictures that lose sharpness, and that lose a square.
BLURRED = 0.3
CUT = 0.3


@dataclass(frozen=True)
class Strength:
    """How much: ``amount`` 0 is nothing, 1 as above. ``mirror``: half of the pictures are mirrored.

    ``rough``: some lose sharpness, and some a square; pictures are mixed.
    """

    amount: float
    mirror: bool
    rough: bool


def augment(pictures: Tensor, strength: Strength, source: torch.Generator) -> Tensor:
    """Pictures float (n, 3, p, p) in [-1, 1], changed. Chance comes from ``source``, a CPU generator."""
    count, device = len(pictures), pictures.device

    def draw(low: float, high: float) -> Tensor:
        return (torch.rand(count, generator=source) * (high - low) + low).to(device)

    amount = strength.amount
    if amount > 0:
        pictures = _lit(_moved(pictures, draw, amount, strength.mirror), draw, amount)
        if strength.rough:
            pictures = _softened(pictures, draw(0, 1) < BLURRED * amount, draw(0.35, 0.9))
            pictures = _cut(pictures, draw(0, 1) < CUT * amount, draw(0, 1), draw(0, 1))
        return pictures.clamp(-1.0, 1.0)
    if strength.mirror:
        return torch.where((draw(0, 1) < 0.5)[:, None, None, None], pictures.flip(3), pictures)
    return pictures


def _moved(pictures: Tensor, draw: _Draw, amount: float, mirror: bool) -> Tensor:
    size = draw(1.0 - (1.0 - CROP) * amount, 1.0)
    stretch = draw(1.0 - 0.15 * amount, 1.0 + 0.15 * amount)
    tilt = draw(-TILT, TILT) * (math.pi / 180.0) * amount
    turned = torch.where(draw(0, 1) < 0.5, -1.0, 1.0) if mirror else torch.ones_like(size)
    room = (1.0 - size).clamp_min(0.0)
    x, y = draw(-1, 1) * room, draw(-1, 1) * room
    cos, sin = torch.cos(tilt) * size, torch.sin(tilt) * size
    rows = torch.stack([cos * turned * stretch, -sin, x, sin * turned, cos / stretch, y], dim=1)
    grid = F.affine_grid(rows.reshape(-1, 2, 3), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def _lit(pictures: Tensor, draw: _Draw, amount: float) -> Tensor:
    def factor(spread: float) -> Tensor:
        return draw(1.0 - spread * amount, 1.0 + spread * amount)[:, None, None, None]

    light = draw(-LIGHT * amount, LIGHT * amount)[:, None, None, None]
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    lit = (pictures - mean) * factor(LIGHT) + mean + light
    grey = lit.mean(dim=1, keepdim=True)
    return grey + (lit - grey) * factor(COLOUR)


def _softened(pictures: Tensor, chosen: Tensor, scale: Tensor) -> Tensor:
    """Scaled down and up again, as a picture that went through many hands."""
    side = pictures.shape[-1]
    small = max(8, int(side * float(scale[0])))
    soft = F.interpolate(pictures, size=(small, small), mode="area")
    soft = F.interpolate(soft, size=(side, side), mode="bilinear", align_corners=False)
    return torch.where(chosen[:, None, None, None], soft, pictures)


def _cut(pictures: Tensor, chosen: Tensor, x: Tensor, y: Tensor) -> Tensor:
    side = pictures.shape[-1]
    half = side // 8
    line = torch.arange(side, device=pictures.device)[None]
    inside_x = (line - (x * side)[:, None]).abs() < half
    inside_y = (line - (y * side)[:, None]).abs() < half
    hole = inside_y[:, None, :, None] & inside_x[:, None, None, :] & chosen[:, None, None, None]
    return pictures.masked_fill(hole, 0.0)
