"""A network's weights rearranged for taking steps: fewer and smaller products, the same numbers but for
rounding.

What is embedded only to be multiplied by a weight is multiplied beforehand, one table for each place at which
it is read, so that a step adds up rows of tables. What all slots take from a step comes from one product.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from .cells import Layer, State
from .layout import DISTANCES, REACH, distance
from .memory import Memory
from .network import CODE_WIDTH, MusicNetwork, SlotHead, relation_count
from .voices_layout import VoicesLayout


class Rows:
    """Tables (size, width), one a place; a row of each is taken and all are added up. ``bags`` at a time."""

    def __init__(self, tables: Sequence[Tensor], bags: int) -> None:
        self._table = torch.cat(list(tables))
        device = self._table.device
        ends = torch.tensor([len(table) for table in tables], device=device).cumsum(0)
        self._first = ends.roll(1).index_fill_(0, torch.zeros(1, dtype=torch.int64, device=device), 0)
        self._bags = torch.arange(bags, device=device) * len(tables)

    def sum(self, places: Tensor) -> Tensor:
        """(bags, places) to (bags, width)."""
        chosen = (places + self._first).flatten()
        return torch.embedding_bag(self._table, chosen, self._bags, False, 0)[0]


class Affine:
    """x W + b."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        # A product with a transposed view would be turned around at each step.
        self._weight, self._bias = weight.T.contiguous(), bias

    def __call__(self, x: Tensor) -> Tensor:
        """(rows, width) to (rows, new width)."""
        return torch.addmm(self._bias, x, self._weight)


class Cell:
    """One recurrent layer for one step. The first takes its part of the gates from ``Rows``."""

    def __init__(self, layer: Layer, inputs: Rows | None) -> None:
        held = dict(layer.rnn.named_parameters())
        self._inputs: Rows | Affine = inputs or Affine(held["weight_ih_l0"], held["bias_ih_l0"])
        self._states = Affine(held["weight_hh_l0"], held["bias_hh_l0"])
        self._hidden = layer.hidden
        self._go = {"elman": self._elman, "gru": self._gru, "lstm": self._lstm}[layer.cell]

    def step(self, x: Tensor, state: State) -> State:
        """What is read (rows, places) or the layer below (rows, hidden), and the state, (rows, hidden) each,
        to the state after it.
        """
        read = self._inputs.sum(x) if isinstance(self._inputs, Rows) else self._inputs(x)
        return self._go(read, self._states(state[0]), state)

    def _elman(self, read: Tensor, kept: Tensor, state: State) -> State:
        return (torch.tanh_(kept.add_(read)),)

    def _gru(self, read: Tensor, kept: Tensor, state: State) -> State:
        size = self._hidden
        gates = torch.sigmoid_(read[:, : 2 * size] + kept[:, : 2 * size])
        new = torch.addcmul(read[:, 2 * size :], gates[:, :size], kept[:, 2 * size :]).tanh_()
        return (torch.lerp(new, state[0], gates[:, size:]),)

    def _lstm(self, read: Tensor, kept: Tensor, state: State) -> State:
        enter, forget, new, leave = kept.add_(read).chunk(4, dim=1)
        inner = torch.addcmul(state[1] * forget.sigmoid_(), enter.sigmoid_(), new.tanh_())
        return leave.sigmoid_() * inner.tanh(), inner


class Recall:
    """The memory for one step. The empty value that a head may take stands behind all others, at the place
    that is written next.
    """

    def __init__(self, network: MusicNetwork, memory: Memory, rows: int) -> None:
        self.heads, self.width, self.window = memory.heads, memory.width, memory.window
        scale = memory.width**-0.5
        self._asked = Affine(
            torch.cat([memory.query.weight * scale, memory.key.weight]),
            torch.cat([memory.query.bias * scale, memory.key.bias]),
        )
        lags = torch.arange(self.window, 0, -1, device=memory.lag.device)
        self._bias = torch.cat([memory.bias(lags), memory.nothing[:, None]], dim=1)[:, None]
        parts = memory.value.weight.chunk(len(network.slots), dim=1)
        self._values = Rows(_biased(_products(network.codes, parts), memory.value.bias), rows)

    def ask(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """What a state looks for and what it will be found by, (rows, heads, width) each."""
        both = self._asked(state).view(len(state), 2, self.heads, self.width)
        return both[:, 0], both[:, 1]

    def recall(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Keys and values (rows, heads, past + 1, width), the last one 0, to (rows, heads * width)."""
        bias = self._bias[:, :, self.window + 1 - keys.shape[2] :]
        weights = torch.softmax((query.unsqueeze(2) @ keys.transpose(-1, -2)).add_(bias), dim=-1)
        return (weights @ values).view(len(query), -1)

    def value(self, codes: Tensor) -> Tensor:
        """What was written (rows, slots), to be found again: (rows, heads, width)."""
        return self._values.sum(codes).view(len(codes), self.heads, self.width)


class Heads:
    """All slots' heads."""

    def __init__(self, network: MusicNetwork, context: int, rows: int) -> None:
        heads = cast("list[SlotHead]", list(network.heads))
        bodies = [head.body for head in heads]
        self._width = bodies[0].out_features
        self._shared = Affine(
            torch.cat([body.weight[:, :context] for body in bodies]),
            torch.cat([body.bias for body in bodies]),
        )
        self._slots = [_Slot(network, n, context, rows) for n in range(len(heads))]

    def share(self, context: Tensor) -> Tensor:
        """(rows, context) to what each slot takes of it: (rows, slots, width)."""
        return self._shared(context).view(len(context), -1, self._width)

    def logits(
        self, slot: int, shared: Tensor, references: Tensor, relations: Tensor, codes: Tensor
    ) -> Tensor:
        """(rows, size) of one slot, from ``share``, its pitch references and relations (rows, some), and the
        codes (rows, slots) of which only earlier slots count.
        """
        return self._slots[slot].logits(shared[:, slot], references, relations, codes)


class _Slot:
    """One slot's head."""

    def __init__(self, network: MusicNetwork, slot: int, context: int, rows: int) -> None:
        head = cast(SlotHead, network.heads[slot])
        self._slot, self._size, self._pitches = slot, network.slots[slot].size, network.slots[slot].pitches
        told = head.body.weight[:, context:]
        tables = _products(
            list(network.codes)[:slot], told[:, : CODE_WIDTH * slot].chunk(max(1, slot), dim=1)
        )
        weight: Tensor = head.absolute.weight
        bias: Tensor = head.absolute.bias
        most = 0
        if self._pitches and head.relative is not None:
            most = network.layout.most_references
            pitch, apart = network.tables["pitch"], network.tables["distance"]
            read = [*[pitch] * most, *[apart] * relation_count(network.layout, slot)]
            widths = [cast(nn.Embedding, table).embedding_dim for table in read]
            parts = told[:, CODE_WIDTH * slot :].split_with_sizes(widths, dim=1)
            tables += _products(read, parts)
            used = told_of(network, slot, *_nothing(network))[0].shape[1] * DISTANCES
            weight = torch.cat([weight, head.relative.weight[:used]])
            bias = torch.cat([bias, head.relative.bias[:used]])
        self._most = most
        self._read = Rows(tables, rows) if tables else None
        self._write = Affine(weight, bias)
        self._distances = _distances(self._pitches).to(told.device)

    def logits(self, shared: Tensor, references: Tensor, relations: Tensor, codes: Tensor) -> Tensor:
        """See ``Heads``."""
        if self._read is not None:
            shared = shared + self._read.sum(self._places(references, relations, codes))
        out = self._write(shared.relu())
        if not self._most:
            return out
        logits, told = out[:, : self._size], out[:, self._size :].view(len(out), -1, DISTANCES)
        logits[:, -self._pitches :] += told.gather(-1, self._distances[references]).sum(dim=1)
        return logits

    def _places(self, references: Tensor, relations: Tensor, codes: Tensor) -> Tensor:
        earlier = codes[:, : self._slot]
        if not self._most:
            return earlier
        silent = self._most - references.shape[1]
        return torch.cat([earlier, nn.functional.pad(references, (0, silent)), relations], dim=1)


def first_rows(network: MusicNetwork, rows: int) -> Rows:
    """From what is read before a step, (rows, fields and clock), to its part of the first layer's gates."""
    held = dict(cast(Layer, network.layers[0]).rnn.named_parameters())
    # ``embed`` puts them side by side table by table.
    names = dict.fromkeys(field.table for field in network.inputs)
    order = [n for name in names for n, field in enumerate(network.inputs) if field.table == name]
    parts = held["weight_ih_l0"].split_with_sizes([network.inputs[place].width for place in order], dim=1)
    read = [network.tables[network.inputs[place].table] for place in order]
    products = dict(zip(order, _products(read, parts), strict=True))
    return Rows(_biased([products[place] for place in range(len(order))], held["bias_ih_l0"]), rows)


def told_of(network: MusicNetwork, slot: int, fields: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The pitch references and the relations of a slot, (rows, some) each, of fields (rows, fields) and codes
    (rows, slots).
    """
    layout = network.layout
    if isinstance(layout, VoicesLayout):
        # All voices above at once; one by one, as the layout gives them, they would cost as much as a layer.
        last, own = fields[:, :slot], fields[:, slot : slot + 1]
        above = layout.sounding(last, codes[:, :slot])
        apart = torch.stack([distance(above, last), distance(above, own)], dim=-1)
        return torch.cat([own, above], dim=1), apart.flatten(1)
    if not network.slots[slot].pitches:
        return codes[:, :0], codes[:, :0]
    references = torch.stack(layout.references(slot, fields, codes), dim=1)
    return references, torch.stack(layout.relations(slot, fields, codes), dim=1)


def _nothing(network: MusicNetwork) -> tuple[Tensor, Tensor]:
    fields = torch.zeros(1, len(network.layout.fields), dtype=torch.int64)
    return fields, torch.zeros(1, len(network.slots), dtype=torch.int64)


def _products(tables: Iterable[nn.Module], weights: Iterable[Tensor]) -> list[Tensor]:
    """Each embedding's table times the part of a weight that reads it; tables that are left over are left."""
    return [cast(nn.Embedding, table).weight @ part.T for table, part in zip(tables, weights, strict=False)]


def _biased(tables: list[Tensor], bias: Tensor) -> list[Tensor]:
    """A row of the first table is always taken, so it can bring the bias."""
    return [tables[0] + bias, *tables[1:]]


def _distances(pitches: int) -> Tensor:
    """(references, pitches): by which of the told distances a pitch lies from a reference; none is 0."""
    pitch, reference = torch.arange(1, pitches + 1), torch.arange(pitches + 1)
    found = (pitch[None] - reference[:, None]).clamp(-REACH, REACH) + REACH
    found[0] = DISTANCES - 1
    return found
