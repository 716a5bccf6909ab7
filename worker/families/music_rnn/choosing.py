"""From logits to a code: temperature, top-p, and a number between 0 and 1 that decides."""

from __future__ import annotations

import torch
from torch import Tensor


def choose(logits: Tensor, temperature: Tensor, top_p: Tensor, decide: Tensor) -> Tensor:
    """A code for each row of ``logits`` (rows, size): of the likeliest codes that together have ``top_p``
    (nucleus sampling, Holtzman et al. 2020) the one on which ``decide``, uniform in [0, 1), falls.

    ``temperature``, ``top_p`` and ``decide`` are (rows,). In double precision, so that the sum's order counts
    for nothing that a seed could meet.
    """
    shares = torch.softmax(logits.double() / temperature.double().unsqueeze(-1), dim=-1)
    sorted_shares, order = shares.sort(dim=-1, descending=True, stable=True)
    sums = sorted_shares.cumsum(dim=-1)
    # The likeliest code always stays: what lies before a code must not have reached top_p yet.
    kept = sums - sorted_shares < top_p.double().unsqueeze(-1)
    sorted_shares = torch.where(kept, sorted_shares, 0.0)
    sums = sorted_shares.cumsum(dim=-1)
    place = (sums <= decide.double().unsqueeze(-1) * sums[:, -1:]).sum(dim=-1)
    place = torch.minimum(place, kept.sum(dim=-1) - 1)
    return order.gather(-1, place.unsqueeze(-1)).squeeze(-1)
