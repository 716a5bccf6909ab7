"""Attention over a network's own past: keys are earlier states, values what was written after them.

A tune comes back, and a state that resembles an earlier one points at what followed then. The causal copy
attention of an RNN over its own past; a bias on the lag and on the lag within a bar of sixteenths lets heads
settle on "a bar ago" (relative attention after Shaw et al. 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Steps after which lags repeat in a second bias: a bar of 4/4 in sixteenths.
ROUND = 16
#: Longer lags share a bias in steps of this many.
COARSE = 32
FINE = 64
#: Longer pieces recall in blocks of so many steps: scores of every step with every other would fill memory.
BLOCK = 1024


class Memory(nn.Module):
    """``heads`` of ``width`` numbers over the last ``window`` steps."""

    def __init__(self, hidden: int, content: int, heads: int, width: int, window: int) -> None:
        super().__init__()
        self.heads, self.width, self.window = heads, width, window
        self.query = nn.Linear(hidden, heads * width)
        self.key = nn.Linear(hidden, heads * width)
        self.value = nn.Linear(content, heads * width)
        self.lag = nn.Parameter(torch.zeros(heads, FINE + window // COARSE + 1))
        self.phase = nn.Parameter(torch.zeros(heads, ROUND))
        self.nothing = nn.Parameter(torch.zeros(heads))

    @property
    def size(self) -> int:
        """Numbers that it adds to a state."""
        return self.heads * self.width

    def bias(self, lags: Tensor) -> Tensor:
        """(heads, ...) for lags (...) of at least 1."""
        bucket = torch.where(lags <= FINE, lags - 1, FINE + (lags - FINE) // COARSE)
        return self.lag[:, bucket.clamp(max=self.lag.shape[1] - 1)] + self.phase[:, lags % ROUND]

    def forward(self, states: Tensor, contents: Tensor) -> Tensor:
        """What each step recalls: (batch, T, hidden) and (batch, T, content) to (batch, T, size)."""
        batch, steps = states.shape[:2]
        q, k = self._split(self.query(states)), self._split(self.key(states))
        v = self._split(self.value(contents))
        blocks = [self._block(q, k, v, start) for start in range(0, steps, BLOCK)]
        return torch.cat(blocks, dim=2).transpose(1, 2).reshape(batch, steps, -1)

    def _block(self, q: Tensor, k: Tensor, v: Tensor, start: int) -> Tensor:
        """What the steps of one block recall, all (batch, heads, ..., width), from those in the window."""
        asked = slice(start, start + BLOCK)
        past = slice(max(0, start - self.window), start + BLOCK)
        at = torch.arange(q.shape[2], device=q.device)
        lags = at[asked, None] - at[None, past]
        seen = (lags >= 1) & (lags <= self.window)
        scores = q[:, :, asked] @ k[:, :, past].transpose(-1, -2) * self.width**-0.5
        scores = (scores + self.bias(lags.clamp(min=1))).masked_fill(~seen, float("-inf"))
        return self._weigh(scores, v[:, :, past])

    def recall(self, state: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """The same for one step: (rows, hidden) over keys and values (rows, heads, past, width), oldest
        first.
        """
        q = self.query(state).reshape(len(state), self.heads, 1, self.width)
        lags = torch.arange(keys.shape[2], 0, -1, device=state.device)
        scores = q @ keys.transpose(-1, -2) * self.width**-0.5 + self.bias(lags)[:, None]
        return self._weigh(scores, values).reshape(len(state), -1)

    def remember(self, state: Tensor, content: Tensor) -> tuple[Tensor, Tensor]:
        """The key and value, (rows, heads, width) each, that a step leaves."""
        shape = (len(state), self.heads, self.width)
        return self.key(state).reshape(shape), self.value(content).reshape(shape)

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, self.width).transpose(1, 2)

    def _weigh(self, scores: Tensor, values: Tensor) -> Tensor:
        """A head may recall nothing: a score of its own that stands for an empty value."""
        nothing = self.nothing[:, None, None].expand(*scores.shape[:-1], 1)
        weights = F.softmax(torch.cat([nothing, scores], dim=-1), dim=-1)
        return weights[..., 1:] @ values
