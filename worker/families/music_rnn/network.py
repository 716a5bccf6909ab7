"""The network of every representation: a recurrent body that reads steps, and heads that write slots.

p(piece) is the product over steps, and within a step over its slots in order, of p(slot | earlier steps,
earlier slots of this step): an exact joint likelihood, with no independence assumed within a step.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .cells import Layer
from .layout import DISTANCE, DISTANCES, REACH, Field, Layout
from .memory import Memory
from .network_config import NetworkConfig

CODE_WIDTH = 32


class Locked(nn.Module):
    """Dropout with one mask for all steps of a sequence (Gal & Ghahramani 2016)."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """(batch, T, width) to the same."""
        if not self.training or self.p == 0.0:
            return x
        keep = torch.empty(x.shape[0], 1, x.shape[2], device=x.device).bernoulli_(1.0 - self.p)
        return x * keep / (1.0 - self.p)


class SlotHead(nn.Module):
    """Writes one slot. Pitches are told absolutely and by their distance from the references."""

    def __init__(self, width: int, hidden: int, size: int, pitches: int, references: int, p: float) -> None:
        super().__init__()
        self.pitches, self.references = pitches, references if pitches else 0
        self.body = nn.Linear(width, hidden)
        self.drop = nn.Dropout(p)
        self.absolute = nn.Linear(hidden, size)
        self.relative = nn.Linear(hidden, self.references * (DISTANCES)) if self.references else None

    def forward(self, x: Tensor, references: list[Tensor]) -> Tensor:
        """(..., width) and pitch references (...) to logits (..., size)."""
        y = self.drop(F.relu(self.body(x)))
        logits: Tensor = self.absolute(y)
        if self.relative is None or not references:
            return logits
        told = self.relative(y).unflatten(-1, (self.references, DISTANCES))
        at = torch.arange(1, self.pitches + 1, device=x.device)
        moved = torch.zeros_like(logits[..., : self.pitches])
        for place, reference in enumerate(references):
            distance = (at - reference.unsqueeze(-1)).clamp(-REACH, REACH) + REACH
            # A reference that is silent says nothing about pitch.
            index = torch.where(reference.unsqueeze(-1) > 0, distance, DISTANCES - 1)
            moved = moved + told[..., place, :].gather(-1, index)
        return torch.cat([logits[..., : -self.pitches], logits[..., -self.pitches :] + moved], dim=-1)


def relation_count(layout: Layout, slot: int) -> int:
    """How many relations a layout tells a slot."""
    fields = torch.zeros(len(layout.fields), dtype=torch.int64)
    return len(layout.relations(slot, fields, torch.zeros(len(layout.slots), dtype=torch.int64)))


class MusicNetwork(nn.Module):
    """Reads a layout's fields and clock, writes its slots."""

    def __init__(self, layout: Layout, config: NetworkConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.layout, self.config = layout, config
        self.slots = list(layout.slots)
        self.inputs = [*layout.fields, *layout.clock]
        tables: dict[str, Field] = {field.table: field for field in [*self.inputs, layout.pitch, DISTANCE]}
        self.tables = nn.ModuleDict(
            {name: nn.Embedding(field.size, field.width) for name, field in tables.items()}
        )
        self._places: dict[str, list[int]] = {}
        for place, field in enumerate(self.inputs):
            self._places.setdefault(field.table, []).append(place)
        self.codes = nn.ModuleList(nn.Embedding(slot.size, CODE_WIDTH) for slot in self.slots)
        # ``embed`` goes by tables, and the clock's come last.
        self._widths = [sum(field.width for field in kind) for kind in (layout.fields, layout.clock)]
        width = sum(self._widths)
        self.layers = nn.ModuleList(
            Layer(config.cell, width if n == 0 else config.hidden, config.hidden)
            for n in range(config.layers)
        )
        self.drop = Locked(dropout)
        content = CODE_WIDTH * len(self.slots)
        self.memory: Memory | None = None
        if config.heads:
            self.memory = Memory(config.hidden, content, config.heads, config.head_width, config.window)
        context = config.hidden + (self.memory.size if self.memory else 0)
        self.heads = nn.ModuleList(
            SlotHead(
                context
                + CODE_WIDTH * place
                + layout.pitch.width * (layout.most_references if slot.pitches else 0)
                + DISTANCE.width * relation_count(layout, place),
                config.slot_width,
                slot.size,
                slot.pitches,
                layout.most_references,
                dropout / 2,
            )
            for place, slot in enumerate(self.slots)
        )

    def forward(self, fields: Tensor, clock: Tensor, codes: Tensor) -> Tensor:
        """The log-likelihood of every slot: (batch, T, fields), (batch, T, clock), (batch, T, slots) to
        (batch, T, slots), in nats.
        """
        read, told = self.embed(torch.cat([fields, clock], dim=-1)).split_with_sizes(self._widths, dim=-1)
        # The key and the bars left matter at few steps and stand nowhere else: they are never left out.
        x = torch.cat([self.drop(read), told], dim=-1)
        for layer in self.layers:
            x, _ = layer(x, layer.start(x))  # type: ignore[operator]
            x = self.drop(x)
        memory = self.memory
        context = x if memory is None else torch.cat([x, memory(x, self.content(codes))], dim=-1)
        found = []
        for place in range(len(self.slots)):
            logits = self.logits(place, context, fields, codes)
            found.append(F.log_softmax(logits, dim=-1).gather(-1, codes[..., place, None]))
        return torch.cat(found, dim=-1)

    def embed(self, inputs: Tensor) -> Tensor:
        """(..., fields and clock) to (..., width)."""
        # What shares a table is looked up at once: a step of a sampler is bound by the number of calls.
        parts = [self.tables[name](inputs[..., at]).flatten(-2) for name, at in self._places.items()]
        return torch.cat(parts, dim=-1)

    def content(self, codes: Tensor) -> Tensor:
        """What a step wrote, for the memory: (..., slots) to (..., content)."""
        return torch.cat([table(codes[..., n]) for n, table in enumerate(self.codes)], dim=-1)

    def logits(self, slot: int, context: Tensor, fields: Tensor, codes: Tensor) -> Tensor:
        """One slot's logits (..., size); of ``codes`` only earlier slots of the step count."""
        earlier = [self.codes[n](codes[..., n]) for n in range(slot)]
        head = self.heads[slot]
        if not self.slots[slot].pitches:
            return torch.as_tensor(head(torch.cat([context, *earlier], dim=-1), []))
        references = self.layout.references(slot, fields, codes)
        pitch = self.tables["pitch"]
        silent = torch.zeros_like(references[0])
        filled = references + [silent] * (self.layout.most_references - len(references))
        relations = self.layout.relations(slot, fields, codes)
        apart = [self.tables["distance"](relation) for relation in relations]
        told = torch.cat([context, *earlier, *(pitch(r) for r in filled), *apart], dim=-1)
        return torch.as_tensor(head(told, references))
