"""DiffAugment (Zhao et al. 2020): the same kinds of change for real and made pictures, differentiable.

Every random number is drawn from the given generator before any picture is touched, so one seed gives one
outcome. Ranks that share a batch draw for all of it and keep what is for their own pictures.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.distributed.share import here

#: Pictures in a group: ranks share batches so that groups stay whole (see ``layers.minibatch_deviation``).
GROUP = 4

POLICIES: dict[str, tuple[str, ...]] = {
    "none": (),
    "light": ("color", "translation"),
    "full": ("color", "translation", "cutout"),
}


def augment(pictures: Tensor, policy: tuple[str, ...], source: torch.Generator) -> Tensor:
    """Apply the named changes to (n, 3, h, w) in [-1, 1]."""
    for name in policy:
        pictures = _CHANGES[name](pictures, source)
    return pictures


def _uniform(pictures: Tensor, source: torch.Generator) -> Tensor:
    share = here()
    drawn = torch.rand(len(pictures) * share.size, 1, 1, 1, generator=source)
    return share.own(drawn, GROUP).to(pictures.device, pictures.dtype)


def _integers(pictures: Tensor, below: int, source: torch.Generator) -> Tensor:
    """One of 0 ... ``below`` - 1 for each picture, shape (n,)."""
    share = here()
    drawn = torch.randint(0, below, (len(pictures) * share.size,), generator=source)
    return share.own(drawn, GROUP).to(pictures.device)


def change_color(pictures: Tensor, source: torch.Generator) -> Tensor:
    """Brightness +-0.25, saturation x 0.5 to 1.5, contrast x 0.75 to 1.25, each its own draw a picture."""
    pictures = pictures + (_uniform(pictures, source) - 0.5) * 0.5
    gray = pictures.mean(dim=1, keepdim=True)
    pictures = (pictures - gray) * (_uniform(pictures, source) + 0.5) + gray
    center = pictures.mean(dim=(1, 2, 3), keepdim=True)
    return (pictures - center) * (_uniform(pictures, source) * 0.5 + 0.75) + center


def translate(pictures: Tensor, source: torch.Generator) -> Tensor:
    """Shift by up to an eighth in x and y; what comes in is zero."""
    height, width = pictures.shape[2:]
    reach = max(1, height // 8), max(1, width // 8)
    down = _integers(pictures, 2 * reach[0] + 1, source)
    right = _integers(pictures, 2 * reach[1] + 1, source)
    padded = F.pad(pictures, (reach[1], reach[1], reach[0], reach[0]))
    rows = (torch.arange(height, device=pictures.device)[None] + down[:, None])[:, None, :, None]
    columns = (torch.arange(width, device=pictures.device)[None] + right[:, None])[:, None, None, :]
    padded = padded.gather(2, rows.expand(-1, 3, -1, padded.shape[3]))
    return padded.gather(3, columns.expand(-1, 3, height, -1))


def cut_out(pictures: Tensor, source: torch.Generator) -> Tensor:
    """Blank a square of half the side, its center anywhere in the picture."""
    height, width = pictures.shape[2:]
    at_y = _integers(pictures, height, source)[:, None, None, None]
    at_x = _integers(pictures, width, source)[:, None, None, None]
    rows = torch.arange(height, device=pictures.device)[None, None, :, None]
    columns = torch.arange(width, device=pictures.device)[None, None, None, :]
    inside = ((rows - at_y).abs() < height // 4) & ((columns - at_x).abs() < width // 4)
    return pictures * (~inside).to(pictures.dtype)


_CHANGES = {"color": change_color, "translation": translate, "cutout": cut_out}
