"""What is kept up to date step by step equals what is read of a whole piece."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.families.music_rnn.support import LAYOUTS, codes_of, plans, random_codes, tries
from worker.families.music_rnn.events_layout import SHIFTS, EventsLayout
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.readers import EventsReader, Reader, VoicesReader, reader_of
from worker.families.music_rnn.voices_layout import VoicesLayout

EITHER = st.sampled_from(LAYOUTS)


def compare(reader: Reader, layout: AnyLayout, rows: list[Tensor], plans: list[Plan], at: int) -> None:
    """Whether the reader shows what a whole piece shows before step ``at``."""
    fields = torch.stack([layout.read(codes)[at] for codes in rows])
    clock = torch.stack([layout.tell(codes, plan)[at] for codes, plan in zip(rows, plans, strict=True)])
    assert torch.equal(reader.fields(), fields), at
    assert torch.equal(reader.clock(), clock), at


@tries
@given(st.data(), EITHER)
def test_a_reader_equals_read_and_tell(data: st.DataObject, layout: AnyLayout) -> None:
    codes = data.draw(codes_of(layout))
    several = data.draw(st.lists(plans(), min_size=1, max_size=3))
    # Each row has its own notes: they are turned round.
    rows = [codes.roll(n, 0) for n in range(len(several))]
    reader = reader_of(layout, several)
    for at in range(len(codes)):
        compare(reader, layout, rows, several, at)
        reader.write(torch.stack([one[at] for one in rows]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_reader_goes_on_rightly_after_rows_changed_places(layout: AnyLayout) -> None:
    plan = Plan(16, 4, 70)
    rows = [random_codes(layout, 150, seed) for seed in range(4)]
    reader = reader_of(layout, [plan] * 4)
    source = torch.Generator().manual_seed(3)
    for at in range(150):
        compare(reader, layout, rows, [plan] * 4, at)
        reader.write(torch.stack([codes[at] for codes in rows]))
        if at % 7 == 6:
            chosen = torch.randint(4, (4,), generator=source)
            reader.reorder(chosen)
            rows = [
                torch.cat([rows[n][: at + 1], rows[place][at + 1 :]])
                for place, n in enumerate(chosen.tolist())
            ]


def test_voices_are_done_at_their_length() -> None:
    layout = VoicesLayout(2, 60, 61)
    reader = reader_of(layout, [Plan(4, 0, 3), Plan(4, 0, 5)])
    assert isinstance(reader, VoicesReader)
    told = []
    for _ in range(5):
        reader.write(torch.zeros(2, 2, dtype=torch.int64))
        told.append(reader.done().tolist())
    assert told == [[False, False], [False, False], [True, False], [True, False], [True, True]]


def test_events_are_done_when_one_begins_past_the_length() -> None:
    layout = EventsLayout((0,), 60, 61)
    reader = reader_of(layout, [Plan(48, 0, 12), Plan(48, 0, 13)])
    assert isinstance(reader, EventsReader)
    told = []
    for shift in (6, 6, 12):
        row = [SHIFTS.index(shift), 0, 0, 0, 0]
        reader.write(torch.tensor([row, row]))
        told.append(reader.done().tolist())
    assert told == [[False, False], [True, False], [True, True]]
