"""The network's weights rearranged: each piece says what the module says that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
import torch

from tests.unit.families.music_rnn.support import EVENTS, LAYOUTS, VOICES, network, random_codes, tiny
from worker.families.music_rnn.cells import Layer
from worker.families.music_rnn.folding import (
    Affine,
    Cell,
    Heads,
    Recall,
    Rows,
    first_rows,
    told_of,
)
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.network_config import CELLS
from worker.families.music_rnn.plan import Plan

every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=["voices", "events"])
PLAN = Plan(16, 4, 40)
ROWS = 5


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    """As the sampler has it."""
    with torch.inference_mode():
        yield


def test_a_row_of_each_table_is_taken_and_all_are_added_up() -> None:
    tables = [torch.randn(size, 7) for size in (3, 1, 9)]
    places = torch.tensor([[2, 0, 8], [0, 0, 0], [1, 0, 4]])
    found = Rows(tables, 3).sum(places)
    for row, chosen in zip(found, places.tolist(), strict=True):
        expected = sum((table[n] for table, n in zip(tables, chosen, strict=True)), torch.zeros(7))
        assert torch.allclose(row, expected, atol=1e-6)


def test_a_row_comes_out_the_same_in_any_company() -> None:
    tables = [torch.randn(20, 33) for _ in range(6)]
    places = torch.randint(0, 20, (4, 6))
    whole = Rows(tables, 4).sum(places)
    others = torch.randint(0, 20, (4, 6))
    for row in range(4):
        mixed = others.clone()
        mixed[row] = places[row]
        assert torch.equal(Rows(tables, 4).sum(mixed)[row], whole[row])


def test_an_affine_map_is_that_of_a_linear_layer() -> None:
    linear = torch.nn.Linear(6, 9)
    x = torch.randn(4, 6)
    assert torch.allclose(Affine(linear.weight, linear.bias)(x), linear(x), atol=1e-6)


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_goes_on_as_its_layer_does(kind: str) -> None:
    layer = Layer(kind, 6, 8)
    x, start = torch.randn(3, 4, 6), tuple(torch.randn(1, 3, 8) for _ in layer.start(torch.zeros(3)))
    expected, after = layer(x, start)
    cell, state = Cell(layer, None), tuple(one[0] for one in start)
    for step in range(4):
        before = [one.clone() for one in state]
        last, state = state, cell.step(x[:, step], state)
        # What went in is somebody's state still.
        assert all(torch.equal(one, kept) for one, kept in zip(last, before, strict=True))
        assert torch.allclose(state[0], expected[:, step], atol=1e-6)
    assert all(torch.allclose(one, other[0], atol=1e-6) for one, other in zip(state, after, strict=True))


@every_layout
def test_what_is_read_goes_straight_to_the_first_gates(layout: AnyLayout) -> None:
    made, codes = network(layout), random_codes(layout, ROWS)
    inputs = torch.cat([layout.read(codes), layout.tell(codes, PLAN)], dim=-1)
    held = dict(cast(Layer, made.layers[0]).rnn.named_parameters())
    expected = made.embed(inputs) @ held["weight_ih_l0"].T + held["bias_ih_l0"]
    assert torch.allclose(first_rows(made, ROWS).sum(inputs), expected, atol=1e-5)


@every_layout
@pytest.mark.parametrize("heads", [0, 2])
def test_heads_say_what_the_network_says(layout: AnyLayout, heads: int) -> None:
    made, codes = network(layout, tiny(heads=heads)), random_codes(layout, ROWS)
    fields = layout.read(codes)
    context = torch.randn(ROWS, 16 + 4 * heads)
    folded = Heads(made, context.shape[1], ROWS)
    shared = folded.share(context)
    for slot, about in enumerate(layout.slots):
        found = folded.logits(slot, shared, *told_of(made, slot, fields, codes), codes)
        assert found.shape == (ROWS, about.size)
        assert torch.allclose(found, made.logits(slot, context, fields, codes), atol=1e-5)


@every_layout
def test_references_and_relations_are_those_of_the_layout(layout: AnyLayout) -> None:
    made, codes = network(layout), random_codes(layout, 30)
    fields = layout.read(codes)
    for slot, about in enumerate(layout.slots):
        if about.pitches:
            references, relations = told_of(made, slot, fields, codes)
            assert torch.equal(references, torch.stack(layout.references(slot, fields, codes), dim=1))
            expected = layout.relations(slot, fields, codes)
            assert relations.shape == (30, len(expected))
            assert all(torch.equal(relations[:, n], one) for n, one in enumerate(expected))


def test_a_slot_that_names_no_pitch_has_no_references() -> None:
    codes = random_codes(EVENTS, 4)
    assert [one.shape for one in told_of(network(EVENTS), 0, EVENTS.read(codes), codes)] == [(4, 0)] * 2


def recall() -> Recall:
    made = network(VOICES)
    assert made.memory is not None
    return Recall(made, made.memory, ROWS)


@pytest.mark.parametrize("past", [1, 2, 31, 32])
def test_what_is_recalled_is_what_the_memory_recalls(past: int) -> None:
    made = network(VOICES)
    memory = made.memory
    assert memory is not None
    state, keys, values = torch.randn(ROWS, 16), torch.randn(ROWS, 2, past, 4), torch.randn(ROWS, 2, past, 4)
    folded = Recall(made, memory, ROWS)
    query, key = folded.ask(state)
    nothing = torch.zeros(ROWS, 2, 1, 4)
    found = folded.recall(query, torch.cat([keys, nothing], 2), torch.cat([values, nothing], 2))
    assert torch.allclose(found, memory.recall(state, keys, values), atol=1e-5)
    codes = random_codes(VOICES, ROWS)
    expected = memory.remember(state, made.content(codes))
    assert torch.allclose(key, expected[0], atol=1e-6)
    assert torch.allclose(folded.value(codes), expected[1], atol=1e-6)


def test_before_the_first_step_nothing_is_recalled() -> None:
    nothing = torch.zeros(ROWS, 2, 1, 4)
    assert not recall().recall(torch.randn(ROWS, 2, 4), nothing, nothing).any()
