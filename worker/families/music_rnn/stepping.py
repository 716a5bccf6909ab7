"""A network taken step by step over many rows, in passes of one fixed number of rows."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from .cells import Layer
from .folding import Cell, Heads, Recall, first_rows, told_of
from .network import MusicNetwork

_GROWTH = 128


class Stepper:
    """What rows carry from step to step: states of the layers, and the memory's keys and values.

    The rows are a multiple of ``shape``; each pass computes ``shape`` of them, so that a row's numbers depend
    on no other row.
    """

    def __init__(self, network: MusicNetwork, rows: int, shape: int, device: str) -> None:
        self._network, self._shape, self._device = network, shape, device
        layers = cast("list[Layer]", list(network.layers))
        cells = [Cell(layer, None if n else first_rows(network, shape)) for n, layer in enumerate(layers)]
        memory = network.memory
        self._recall = None if memory is None else Recall(network, memory, shape)
        self._heads = Heads(network, layers[-1].hidden + (memory.size if memory else 0), shape)
        like = torch.zeros(shape, 1, device=device)
        self._passes = [_Pass(layers, cells, self._recall, like) for _ in range(0, rows, shape)]

    def contexts(self, fields: Tensor, clock: Tensor) -> Tensor:
        """Take in what is read before a step, (rows, fields) and (rows, clock); give what the slots take of
        it, (rows, slots, width).
        """
        inputs = torch.cat([fields, clock], dim=-1).to(self._device)
        return _joined([self._heads.share(one.context(part)) for one, part in self._parts(inputs)])

    def logits(self, slot: int, context: Tensor, fields: Tensor, codes: Tensor) -> Tensor:
        """(rows, size) of one slot, on the CPU, from what ``contexts`` gave."""
        told = [x.to(self._device) for x in (*told_of(self._network, slot, fields, codes), codes)]
        parts = zip(*(x.chunk(len(self._passes)) for x in (context, *told)), strict=True)
        return _joined([self._heads.logits(slot, *part) for part in parts]).cpu()

    def write(self, codes: Tensor) -> None:
        """A step was written: (rows, slots)."""
        if self._recall is not None:
            for one, part in self._parts(codes.to(self._device)):
                one.remember(self._recall.value(part))

    def reorder(self, rows: Tensor) -> None:
        """Row n goes on as row ``rows[n]`` was."""
        rows = rows.to(self._device)
        kinds = zip(*(one.carried() for one in self._passes), strict=True)
        ordered = [torch.cat(kind)[rows].chunk(len(self._passes)) for kind in kinds]
        for one, carried in zip(self._passes, zip(*ordered, strict=True), strict=True):
            one.carry(carried)

    def _parts(self, x: Tensor) -> list[tuple[_Pass, Tensor]]:
        return list(zip(self._passes, x.chunk(len(self._passes)), strict=True))


class _Pass:
    """The rows of one pass."""

    def __init__(self, layers: list[Layer], cells: list[Cell], recall: Recall | None, like: Tensor) -> None:
        self._cells, self._recall = cells, recall
        self._states = [tuple(x[0] for x in layer.start(like)) for layer in layers]
        self._steps = 0
        self._past: list[Tensor] = []
        if recall is not None:
            self._past = [like.new_zeros(len(like), recall.heads, _GROWTH, recall.width) for _ in range(2)]

    def context(self, inputs: Tensor) -> Tensor:
        """Go a step on: (rows, fields and clock) to (rows, context)."""
        x = inputs
        for n, cell in enumerate(self._cells):
            self._states[n] = cell.step(x, self._states[n])
            x = self._states[n][0]
        if self._recall is None:
            return x
        query, key = self._recall.ask(x)
        past = slice(max(0, self._steps - self._recall.window), self._steps + 1)
        recalled = self._recall.recall(query, *(kept[:, :, past] for kept in self._past))
        # Only now: until here the place has stood for the empty value.
        self._past[0][:, :, self._steps] = key
        return torch.cat([x, recalled], dim=-1)

    def remember(self, value: Tensor) -> None:
        """What was written at the step, (rows, heads, width)."""
        self._past[1][:, :, self._steps] = value
        self._steps += 1
        if self._past[0].shape[2] == self._steps:
            self._past = [torch.cat([x, torch.zeros_like(x[:, :, :_GROWTH])], dim=2) for x in self._past]

    def carried(self) -> list[Tensor]:
        """All that a row takes with it."""
        return [*(x for state in self._states for x in state), *self._past]

    def carry(self, carried: tuple[Tensor, ...]) -> None:
        """Go on from what ``carried`` gave, put in another order."""
        each = iter(carried)
        self._states = [tuple(next(each) for _ in state) for state in self._states]
        self._past = list(each)


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)
