"""A network taken step by step over many rows, in passes of one fixed number of rows."""

from __future__ import annotations

import torch
from torch import Tensor

from .cells import Layer
from .network import MusicNetwork

_GROWTH = 128


class Stepper:
    """What rows carry from step to step: states of the layers, and the memory's keys and values.

    The rows are a multiple of ``shape``; each pass computes ``shape`` of them, so that a row's numbers depend
    on no other row.
    """

    def __init__(self, network: MusicNetwork, rows: int, shape: int, device: str) -> None:
        self._network, self._shape, self._device = network, shape, device
        self._layers: list[Layer] = list(network.layers)  # type: ignore[arg-type]
        like = torch.zeros(rows, 1, device=device)
        self._states = [layer.start(like) for layer in self._layers]
        self._steps = 0
        memory = network.memory
        self._past: list[Tensor] = []
        if memory is not None:
            self._past = [torch.zeros(rows, memory.heads, 0, memory.width, device=device) for _ in range(2)]
        self._hidden = like

    def contexts(self, fields: Tensor, clock: Tensor) -> Tensor:
        """Take in what is read before a step, (rows, fields) and (rows, clock); give (rows, context)."""
        inputs = torch.cat([fields, clock], dim=-1).to(self._device)
        self._hidden = torch.cat([self._pass(inputs, start) for start in self._starts(len(inputs))])
        memory = self._network.memory
        if memory is None:
            return self._hidden
        keys, values = self._recent(memory.window)
        recalled = [
            memory.recall(*(x[start : start + self._shape] for x in (self._hidden, keys, values)))
            for start in self._starts(len(inputs))
        ]
        return torch.cat([self._hidden, torch.cat(recalled)], dim=-1)

    def logits(self, slot: int, context: Tensor, fields: Tensor, codes: Tensor) -> Tensor:
        """(rows, size) of one slot, on the CPU."""
        fields, codes = fields.to(self._device), codes.to(self._device)
        parts = [
            self._network.logits(slot, *(x[start : start + self._shape] for x in (context, fields, codes)))
            for start in self._starts(len(codes))
        ]
        return torch.cat(parts).cpu()

    def write(self, codes: Tensor) -> None:
        """A step was written: (rows, slots)."""
        memory = self._network.memory
        if memory is not None:
            content = self._network.content(codes.to(self._device))
            left = [
                memory.remember(*(x[start : start + self._shape] for x in (self._hidden, content)))
                for start in self._starts(len(codes))
            ]
            self._append(torch.cat([key for key, _ in left]), torch.cat([value for _, value in left]))
        self._steps += 1

    def reorder(self, rows: Tensor) -> None:
        """Row n goes on as row ``rows[n]`` was."""
        rows = rows.to(self._device)
        self._states = [tuple(x[:, rows] for x in state) for state in self._states]
        self._past = [x[rows] for x in self._past]

    def _starts(self, rows: int) -> range:
        return range(0, rows, self._shape)

    def _pass(self, inputs: Tensor, start: int) -> Tensor:
        part = slice(start, start + self._shape)
        x = self._network.embed(inputs[part]).unsqueeze(1)
        for n, layer in enumerate(self._layers):
            state = tuple(x[:, part].contiguous() for x in self._states[n])
            x, after = layer(x, state)
            for whole, new in zip(self._states[n], after, strict=True):
                whole[:, part] = new
        return x.squeeze(1)

    def _recent(self, window: int) -> tuple[Tensor, Tensor]:
        first = max(0, self._steps - window)
        keys, values = (x[:, :, first : self._steps] for x in self._past)
        return keys, values

    def _append(self, key: Tensor, value: Tensor) -> None:
        if self._past[0].shape[2] == self._steps:
            shape = (*self._past[0].shape[:2], _GROWTH, self._past[0].shape[3])
            self._past = [torch.cat([x, x.new_zeros(shape)], dim=2) for x in self._past]
        self._past[0][:, :, self._steps] = key
        self._past[1][:, :, self._steps] = value
