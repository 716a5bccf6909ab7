"""The likelihood is exact and causal, and cells and memory are what they are said to be."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from shared.errors import InvalidInput
from tests.unit.families.music_rnn.support import LAYOUTS, network, random_codes, tiny
from worker.families.music_rnn import memory as memory_module
from worker.families.music_rnn.cells import Layer
from worker.families.music_rnn.events_layout import EventsLayout
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.memory import Memory
from worker.families.music_rnn.network import Locked, MusicNetwork, SlotHead
from worker.families.music_rnn.network_config import CELLS, NetworkConfig
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import VoicesLayout
from worker.music.score import Key

PLAN = Plan(16, 4, 40)
every_network = pytest.mark.parametrize("config", [tiny(cell, heads=n) for cell in CELLS for n in (0, 2)])
every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=["voices", "events"])


def told(made: MusicNetwork, layout: AnyLayout, pieces: list[Tensor]) -> Tensor:
    """The log-likelihoods (pieces, T, slots) in double precision."""
    batch = [
        torch.stack(x) for x in zip(*((layout.read(c), layout.tell(c, PLAN), c) for c in pieces), strict=True)
    ]
    return torch.as_tensor(made.double()(*batch))


@every_network
@every_layout
def test_the_future_changes_nothing(layout: AnyLayout, config: NetworkConfig) -> None:
    made, codes = network(layout, config), random_codes(layout, 20)
    changed = []
    for step, slot in itertools.product((0, 7, 19), range(len(layout.slots))):
        other = codes.clone()
        # Not the next code: where nothing sounds a rest is told as a hold is.
        other[step, slot] = (other[step, slot] + 2) % layout.slots[slot].size
        changed.append((step, slot, other))
    before, *after = told(made, layout, [codes, *(other for _, _, other in changed)])
    for (step, slot, _), found in zip(changed, after, strict=True):
        assert torch.equal(found[:step], before[:step])
        assert torch.equal(found[step, :slot], before[step, :slot])
        assert found[step, slot] != before[step, slot]
        assert (found[step, slot + 1 :] != before[step, slot + 1 :]).all()
        assert step == 19 or (found[step + 1] != before[step + 1]).any()


@every_network
@every_layout
def test_the_probabilities_of_a_slot_add_up_to_one(layout: AnyLayout, config: NetworkConfig) -> None:
    made, codes = network(layout, config), random_codes(layout, 6)
    for step, slot in itertools.product((0, 5), range(len(layout.slots))):
        pieces = []
        for code in range(layout.slots[slot].size):
            pieces.append(codes.clone())
            pieces[-1][step, slot] = code
        shares = told(made, layout, pieces)[:, step, slot].exp()
        assert float(shares.sum()) == pytest.approx(1.0, abs=1e-9) and float(shares.max()) < 0.999


@every_network
def test_the_probabilities_of_all_pieces_add_up_to_one(config: NetworkConfig) -> None:
    layout = VoicesLayout(2, 60, 60)
    made = network(layout, config)
    rows = list(itertools.product(range(3), repeat=2))
    pieces = [torch.tensor(piece) for piece in itertools.product(rows, repeat=2)]
    shares = told(made, layout, pieces).sum((1, 2)).exp()
    assert len(pieces) == 81 and float(shares.sum()) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, bar=7),
        replace(PLAN, offset=7),
        replace(PLAN, length=7),
        replace(PLAN, key=Key(3, "minor")),
    ],
)
@every_layout
def test_the_clock_is_heard(layout: AnyLayout, other: Plan) -> None:
    made, codes = network(layout), random_codes(layout, 12)
    found = [
        made(layout.read(codes)[None], layout.tell(codes, plan)[None], codes[None]) for plan in (PLAN, other)
    ]
    assert not torch.equal(*found)


def weights(layer: Layer) -> list[Tensor]:
    """W, R and the two biases of a layer."""
    held = dict(layer.rnn.named_parameters())
    return [held[name] for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")]


def test_the_elman_cell_is_its_written_recurrence() -> None:
    layer, x = Layer("elman", 5, 7), torch.randn(2, 9, 5)
    w, r, b_in, b_back = weights(layer)
    b = b_in + b_back
    h, states = torch.zeros(2, 7), []
    for t in range(9):
        h = torch.tanh(x[:, t] @ w.T + h @ r.T + b)
        states.append(h)
    out, (last,) = layer(x, layer.start(x))
    assert torch.allclose(out, torch.stack(states, 1), atol=1e-6) and torch.allclose(last[0], h, atol=1e-6)


def test_the_gru_cell_is_its_written_recurrence() -> None:
    layer, x = Layer("gru", 5, 7), torch.randn(2, 9, 5)
    w, r, b_in, b_back = weights(layer)
    h = torch.zeros(2, 7)
    for t in range(9):
        given = (x[:, t] @ w.T + b_in).chunk(3, 1)
        kept = (h @ r.T + b_back).chunk(3, 1)
        reset, update = (torch.sigmoid(given[n] + kept[n]) for n in range(2))
        h = (1 - update) * torch.tanh(given[2] + reset * kept[2]) + update * h
    _, (last,) = layer(x, layer.start(x))
    assert torch.allclose(last[0], h, atol=1e-6)


def test_the_lstm_cell_is_its_written_recurrence() -> None:
    layer, x = Layer("lstm", 5, 7), torch.randn(2, 9, 5)
    w, r, b_in, b_back = weights(layer)
    h = c = torch.zeros(2, 7)
    for t in range(9):
        take, forget, new, give = (x[:, t] @ w.T + b_in + h @ r.T + b_back).chunk(4, 1)
        c = torch.sigmoid(forget) * c + torch.sigmoid(take) * torch.tanh(new)
        h = torch.sigmoid(give) * torch.tanh(c)
    _, (last_h, last_c) = layer(x, layer.start(x))
    assert torch.allclose(last_h[0], h, atol=1e-6) and torch.allclose(last_c[0], c, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_starts_from_nothing_and_shares_no_state(cell: str) -> None:
    layer = Layer(cell, 3, 4)
    states = layer.start(torch.zeros(5, 1))
    assert len(states) == (2 if cell == "lstm" else 1)
    assert all(state.shape == (1, 5, 4) and not state.any() for state in states)
    assert len({state.data_ptr() for state in states}) == len(states)


@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_goes_on_from_its_state(cell: str) -> None:
    layer, x = Layer(cell, 3, 4), torch.randn(2, 8, 3)
    whole, end = layer(x, layer.start(x))
    first, state = layer(x[:, :5], layer.start(x))
    second, again = layer(x[:, 5:], state)
    assert torch.allclose(torch.cat([first, second], 1), whole, atol=1e-6)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(end, again, strict=True))


def a_memory(window: int = 100) -> Memory:
    made = Memory(6, 5, heads=3, width=4, window=window).requires_grad_(False)
    for bias in (made.lag, made.phase, made.nothing):
        bias.copy_(torch.randn_like(bias))
    return made


def recalled(made: Memory, states: Tensor, contents: Tensor, step: int) -> Tensor:
    """What a step recalls, head by head and lag by lag."""
    found = []
    for head in range(made.heads):
        part = slice(head * made.width, (head + 1) * made.width)
        query = made.query(states[step])[part]
        scores, values = [made.nothing[head]], [torch.zeros(made.width)]
        for past in range(max(0, step - made.window), step):
            lag = step - past
            place = lag - 1 if lag <= 64 else min(64 + (lag - 64) // 32, made.lag.shape[1] - 1)
            bias = made.lag[head, place] + made.phase[head, lag % 16]
            scores.append(query @ made.key(states[past])[part] / made.width**0.5 + bias)
            values.append(made.value(contents[past])[part])
        found.append(torch.stack(scores).softmax(0) @ torch.stack(values))
    return torch.cat(found)


@pytest.mark.parametrize("window", [1, 20, 200])
def test_memory_is_what_it_is_said_to_be(window: int) -> None:
    made, states, contents = a_memory(window), torch.randn(1, 140, 6), torch.randn(1, 140, 5)
    out = made(states, contents)[0]
    for step in (0, 1, 2, 19, 63, 64, 65, 66, 97, 139):
        assert torch.allclose(out[step], recalled(made, states[0], contents[0], step), atol=1e-5), step


def test_a_memory_sees_its_window_and_no_more() -> None:
    made, states, contents = a_memory(10), torch.randn(1, 30, 6), torch.randn(1, 30, 5)
    before = made(states, contents)
    for changed in (states, contents):
        other = changed.clone()
        other[0, 5] += 1.0
        after = made(*((other, contents) if changed is states else (states, other)))
        moved = (after != before).any(-1)[0].nonzero().flatten().tolist()
        # A state is asked at its own step and answers to the ten after it, which also recall its content.
        assert moved == list(range(5 if changed is states else 6, 16))


def test_a_long_piece_is_recalled_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    made, states, contents = a_memory(7), torch.randn(2, 33, 6), torch.randn(2, 33, 5)
    whole = made(states, contents)
    for block in (1, 5, 16, 32, 33):
        monkeypatch.setattr(memory_module, "BLOCK", block)
        assert torch.allclose(made(states, contents), whole, atol=1e-6)


def test_dropout_has_one_mask_for_all_steps() -> None:
    drop = Locked(0.5)
    kept = drop.train()(torch.ones(4, 6, 50))
    assert torch.equal(kept, kept[:, :1].expand_as(kept))
    assert set(kept.unique().tolist()) == {0.0, 2.0} and len(kept[:, 0].unique(dim=0)) == 4
    assert torch.equal(drop.eval()(torch.ones(1, 2, 3)), torch.ones(1, 2, 3))
    assert torch.equal(Locked(0.0).train()(torch.ones(1, 2, 3)), torch.ones(1, 2, 3))


def test_a_pitch_is_told_by_its_distance_from_a_reference() -> None:
    head = SlotHead(4, 8, size=2 + 12, pitches=12, references=2, p=0.0).eval()
    nn.init.zeros_(head.absolute.weight)
    nn.init.zeros_(head.absolute.bias)
    x = torch.randn(1, 4)
    low, high = (head(x, [torch.tensor([place]), torch.tensor([0])])[0] for place in (3, 6))
    # Three places up, the same curve stands three places higher, but for what the silent one says of all.
    assert torch.allclose(high[2 + 3 :], low[2:-3], atol=1e-6)
    assert not low[:2].any() and low[2:].std() > 0


def test_silent_references_say_nothing_about_which_pitch() -> None:
    head = SlotHead(4, 8, size=2 + 12, pitches=12, references=1, p=0.0).eval()
    nn.init.zeros_(head.absolute.weight)
    nn.init.zeros_(head.absolute.bias)
    found = head(torch.randn(1, 4), [torch.tensor([0])])[0, 2:]
    assert torch.allclose(found, found[:1].expand(12))


@pytest.mark.parametrize(
    "layout", [VoicesLayout(1, 60, 60), VoicesLayout(8, 0, 127), EventsLayout((0,), 0, 0)]
)
def test_the_smallest_and_largest_layouts_have_a_network(layout: AnyLayout) -> None:
    made, codes = network(layout, tiny(layers=1)), random_codes(layout, 5)
    found = told(made, layout, [codes])
    assert found.shape == (1, 5, len(layout.slots)) and bool(torch.isfinite(found).all())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_network_learns_something_from_every_weight(layout: AnyLayout) -> None:
    made = network(layout).requires_grad_(True)
    codes = random_codes(layout, 64)
    found = made(layout.read(codes)[None], layout.tell(codes, PLAN)[None], codes[None])
    torch.autograd.backward(found.sum())
    idle = [name for name, value in made.named_parameters() if value.grad is None or not value.grad.any()]
    assert idle == []


GOOD = tiny().to_dict()


def test_a_description_of_a_network_comes_back() -> None:
    for config in (tiny(), NetworkConfig(), NetworkConfig(cell="lstm", layers=8, heads=0)):
        assert NetworkConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    "change",
    [
        {"cell": "transformer"},
        {"cell": None},
        {"hidden": 0},
        {"hidden": -4},
        {"hidden": 10**9},
        {"hidden": "many"},
        {"hidden": None},
        {"hidden": float("inf")},
        {"hidden": float("nan")},
        {"layers": 9},
        {"heads": -1},
        {"heads": 33},
        {"head_width": 0},
        {"window": 0},
        {"slot_width": []},
    ],
    ids=str,
)
def test_hostile_networks_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        NetworkConfig.from_dict({**GOOD, **change})


@pytest.mark.parametrize("data", [{}, [], "gru", None, {"cell": "gru"}], ids=str)
def test_what_describes_no_network_is_refused(data: Any) -> None:
    with pytest.raises(InvalidInput):
        NetworkConfig.from_dict(data)
