"""The network of a chorale version in a plain loop: what the family's sampler is measured against.

The same modules, steps and choices of a note, written as directly as can be: each step embeds what is read,
goes through the cells, looks back over the keys and values of all steps before, and draws the four voices one
after another by inverse CDF. No seeds, no top-p, no given notes, no particles, one random stream for all.
"""

from __future__ import annotations

import torch
from torch import Tensor

from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import (
    HOLD,
    LAGS,
    LONGEST_HELD,
    VoicesLayout,
    left_of,
    place_of,
)


@torch.inference_mode()
def sample(network: MusicNetwork, rows: int, steps: int, plan: Plan, seed: int = 0) -> Tensor:
    """Codes (rows, steps, voices), all rows of one plan."""
    layout, memory = network.layout, network.memory
    assert isinstance(layout, VoicesLayout)
    torch.manual_seed(seed)
    at = torch.arange(steps)
    clock = torch.stack([place_of(at, plan), left_of(at, plan), torch.full_like(at, plan.key_code)], dim=-1)
    states = [layer.start(torch.zeros(rows, 1)) for layer in network.layers]  # type: ignore[operator]
    # What sounds, with silence for the steps before the first.
    sounding = torch.zeros(rows, steps + max(LAGS), layout.voices, dtype=torch.int64)
    held = torch.zeros(rows, layout.voices, dtype=torch.int64)
    written = torch.zeros(rows, steps, layout.voices, dtype=torch.int64)
    if memory is not None:
        keys, values = (torch.zeros(rows, memory.heads, steps, memory.width) for _ in range(2))
    for step in range(steps):
        now = step + max(LAGS)
        read = torch.cat([sounding[:, now - 1], held, *(sounding[:, now - lag] for lag in LAGS)], dim=-1)
        fields = layout.related(read)
        x = network.embed(torch.cat([fields, clock[step].expand(rows, -1)], dim=-1)).unsqueeze(1)
        for n, layer in enumerate(network.layers):
            x, states[n] = layer(x, states[n])
        state = context = x.squeeze(1)
        if memory is not None:
            first = max(0, step - memory.window)
            recalled = memory.recall(state, keys[:, :, first:step], values[:, :, first:step])
            context = torch.cat([state, recalled], dim=-1)
        codes = written[:, step]
        for slot in range(layout.voices):
            shares = torch.softmax(network.logits(slot, context, fields, codes), dim=-1).cumsum(dim=-1)
            place = (shares < torch.rand(rows, 1)).sum(dim=-1)
            codes[:, slot] = place.clamp(max=shares.shape[-1] - 1)
        sounding[:, now] = layout.sounding(sounding[:, now - 1], codes)
        held = torch.where(codes == HOLD, held + 1, 0).clamp(max=LONGEST_HELD)
        if memory is not None:
            keys[:, :, step], values[:, :, step] = memory.remember(state, network.content(codes))
    return written
