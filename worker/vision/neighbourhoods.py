"""Precision and recall of a set of pictures against another (Kynkaanniemi et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

NEIGHBOURS = 3


def precision_and_recall(made: Tensor, works: Tensor, k: int = NEIGHBOURS) -> tuple[float, float]:
    """The share of ``made`` (n, d) that lies among ``works`` (m, d), and of works among what was made.

    A picture lies among a set when it is nearer to one of it than that one is to its k-th nearest.
    """
    return _inside(made, works, k), _inside(works, made, k)


def _inside(pictures: Tensor, among: Tensor, k: int) -> float:
    if len(among) <= k or not len(pictures):
        return 0.0
    among, pictures = among.double(), pictures.double()
    # The nearest of all is the picture itself.
    radius = torch.cdist(among, among).kthvalue(k + 1, dim=1).values
    return float((torch.cdist(pictures, among) <= radius).any(1).double().mean())
