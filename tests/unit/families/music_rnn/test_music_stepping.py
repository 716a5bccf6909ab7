"""Step by step a network says what it says of a whole piece."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.unit.families.music_rnn.support import LAYOUTS, network, random_codes, tiny
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.network_config import CELLS, NetworkConfig
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.readers import reader_of
from worker.families.music_rnn.stepping import Stepper

PLAN = Plan(16, 4, 40)
every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=["voices", "events"])


def whole(made: MusicNetwork, pieces: list[Tensor]) -> Tensor:
    """The log-likelihoods (pieces, T, slots) of whole pieces."""
    layout = made.layout
    each = zip(*((layout.read(c), layout.tell(c, PLAN), c) for c in pieces), strict=True)
    return torch.as_tensor(made(*(torch.stack(x) for x in each)))


class Walk:
    """Pieces of equal length taken step by step, all codes given."""

    def __init__(self, made: MusicNetwork, layout: AnyLayout, rows: int, shape: int) -> None:
        self.reader = reader_of(layout, [PLAN] * rows)
        self.stepper = Stepper(made, rows, shape, "cpu")
        self.slots = len(layout.slots)

    @torch.inference_mode()
    def step(self, codes: Tensor) -> Tensor:
        """The log-likelihood (rows, slots) of the codes (rows, slots) of one step."""
        fields = self.reader.fields()
        context = self.stepper.contexts(fields, self.reader.clock())
        written, found = torch.zeros_like(codes), []
        for slot in range(self.slots):
            logits = self.stepper.logits(slot, context, fields, written)
            found.append(torch.log_softmax(logits, -1).gather(-1, codes[:, slot, None]))
            written[:, slot] = codes[:, slot]
        self.reader.write(codes)
        self.stepper.write(codes)
        return torch.cat(found, -1)


@pytest.mark.parametrize("shape", [1, 3])
@pytest.mark.parametrize("heads", [0, 2])
@pytest.mark.parametrize("cell", CELLS)
@every_layout
def test_steps_say_what_the_whole_says(layout: AnyLayout, cell: str, heads: int, shape: int) -> None:
    made = network(layout, tiny(cell, heads=heads))
    pieces = [random_codes(layout, 45, seed) for seed in range(3)]
    walk = Walk(made, layout, 3, shape)
    found = torch.stack([walk.step(torch.stack([c[at] for c in pieces])) for at in range(45)], 1)
    assert torch.allclose(found, whole(made, pieces), atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        tiny(window=300),
        tiny(window=100, layers=1),
        tiny("lstm", window=1),
        NetworkConfig(hidden=32, layers=3, heads=1, slot_width=8, window=64),
    ],
    ids=["long", "one layer", "one step", "three layers"],
)
def test_long_pieces_too(config: NetworkConfig) -> None:
    layout = LAYOUTS[0]
    made, codes = network(layout, config), random_codes(layout, 280)
    walk = Walk(made, layout, 1, 1)
    found = torch.stack([walk.step(row[None]) for row in codes], 1)
    assert torch.allclose(found, whole(made, [codes]), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@every_layout
def test_rows_that_change_places_take_all_with_them(layout: AnyLayout, cell: str) -> None:
    made = network(layout, tiny(cell))
    rows = [random_codes(layout, 30, seed) for seed in range(4)]
    walk = Walk(made, layout, 4, 2)
    source = torch.Generator().manual_seed(1)
    told: list[Tensor] = []
    for at in range(30):
        told.append(walk.step(torch.stack([codes[at] for codes in rows])))
        if at % 4 == 3:
            chosen = torch.randint(4, (4,), generator=source)
            walk.reader.reorder(chosen)
            walk.stepper.reorder(chosen)
            told = [one[chosen] for one in told]
            places = enumerate(chosen.tolist())
            rows = [torch.cat([rows[n][: at + 1], rows[place][at + 1 :]]) for place, n in places]
    assert torch.allclose(torch.stack(told, 1), whole(made, rows), atol=1e-5)


@pytest.mark.parametrize("shape", [1, 2, 6])
def test_a_row_depends_on_no_other(shape: int) -> None:
    layout = LAYOUTS[0]
    made = network(layout)
    mine, others = random_codes(layout, 20), [random_codes(layout, 20, seed) for seed in range(1, 12)]
    found = []
    for company in (others[:5], others[5:10]):
        walk = Walk(made, layout, 6, shape)
        rows = [mine, *company]
        found.append(torch.stack([walk.step(torch.stack([c[at] for c in rows]))[0] for at in range(20)]))
    assert torch.equal(*found)


def test_a_network_is_left_as_it_was() -> None:
    layout = LAYOUTS[0]
    made, codes = network(layout), random_codes(layout, 10)
    before = {name: value.clone() for name, value in made.state_dict().items()}
    walk = Walk(made, layout, 1, 1)
    for row in codes:
        walk.step(row[None])
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())
