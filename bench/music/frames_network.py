"""The family's network over sets of pitches: what cannot follow takes no part in a slot's normalisation."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.music.frames_layout import STOP
from worker.families.music_rnn.network import MusicNetwork


class FramesNetwork(MusicNetwork):
    """``MusicNetwork`` with a ``FramesLayout``; its likelihood of a frame is that of a set."""

    def forward(self, fields: Tensor, clock: Tensor, codes: Tensor) -> Tensor:
        """The log-likelihood of every slot: (batch, T, fields), (batch, T, clock), (batch, T, notes) to
        (batch, T, notes), in nats. What stands after a frame's stop is certain: 0.
        """
        x = self.drop(self.embed(torch.cat([fields, clock], dim=-1)))
        for layer in self.layers:
            x, _ = layer(x, layer.start(x))  # type: ignore[operator]
            x = self.drop(x)
        context = x
        if self.memory is not None:
            context = torch.cat([x, self.memory(x, self.content(codes))], dim=-1)
        shape = codes.shape[:-1]
        context, fields, codes = (y.flatten(0, 1) for y in (context, fields, codes))
        found = [self._slot(n, context, fields, codes) for n in range(len(self.slots))]
        return torch.stack(found, dim=-1).reshape(*shape, len(self.slots))

    def _slot(self, slot: int, context: Tensor, fields: Tensor, codes: Tensor) -> Tensor:
        """One slot of rows (rows, ...): (rows,). Only rows whose frame goes on are computed."""
        if slot == 0:
            logits = self.logits(0, context, fields, codes)
            return F.log_softmax(logits, dim=-1).gather(-1, codes[:, :1]).squeeze(-1)
        above = codes[:, slot - 1]
        live = (above > STOP).nonzero().squeeze(-1)
        logits = self.logits(slot, context[live], fields[live], codes[live])
        # Below the last pitch, or stop: exactly the codes smaller than the last one.
        wrong = torch.arange(logits.shape[-1], device=logits.device) >= above[live, None]
        told = F.log_softmax(logits.masked_fill(wrong, float("-inf")), dim=-1)
        told = told.gather(-1, codes[live, slot, None]).squeeze(-1)
        return context.new_zeros(len(codes)).index_copy(0, live, told)
