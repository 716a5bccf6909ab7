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
    warm = logits.double() / temperature.double().unsqueeze(-1)
    shares, order = torch.softmax(warm, dim=-1).sort(dim=-1, descending=True, stable=True)
    sums = shares.cumsum(dim=-1)
    # The likeliest code always stays: what lies before a code must not have reached top_p yet.
    last = (sums - shares < top_p.double().unsqueeze(-1)).sum(dim=-1, keepdim=True) - 1
    decided = sums.gather(-1, last) * decide.double().unsqueeze(-1)
    place = torch.minimum((sums <= decided).sum(dim=-1, keepdim=True), last)
    return order.gather(-1, place).squeeze(-1)
