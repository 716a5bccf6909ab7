"""What a network reads, against the same told in plain Python; and pieces moved up and down."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from shared.errors import InvalidInput
from tests.unit.families.music_rnn.support import EVENTS, LAYOUTS, VOICES, codes_of, plans, tries
from worker.families.music_rnn import events_layout, voices_layout
from worker.families.music_rnn.events_layout import DURATIONS, SHIFTS, VELOCITIES, EventsLayout, starts_of
from worker.families.music_rnn.layout import Field
from worker.families.music_rnn.layouts import AnyLayout, cut, layout_of
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import FIRST_PITCH, HOLD, REST, VoicesLayout
from worker.music.score import Key

EITHER = st.sampled_from(LAYOUTS)


def apart(pitch: int, other: int) -> int:
    """How far a pitch lies above another; 73 when one of them is silent."""
    return 36 + max(-36, min(36, pitch - other)) if pitch and other else 73


def told_voices(codes: Sequence[Sequence[int]]) -> list[list[int]]:
    """The fields of each step, by playing the piece."""
    history: list[list[int]] = []
    since = [-1] * VOICES.voices
    rows = []
    for row in codes:
        past = [
            history[-lag] if lag <= len(history) else [0] * VOICES.voices for lag in (1, *voices_layout.LAGS)
        ]
        held = [max(0, min(one, 32)) for one in since]
        above = [apart(high, low) for high, low in pairwise(past[0])]
        moved = [apart(new, old) for new, old in zip(past[0], past[1], strict=True)]
        rows.append([*past[0], *held, *(pitch for one in past[1:] for pitch in one), *above, *moved])
        now = list(past[0])
        for voice, code in enumerate(row):
            since[voice] = since[voice] + 1 if code == HOLD else 0
            if code != HOLD:
                now[voice] = 0 if code == REST else code - FIRST_PITCH + 1
        history.append(now)
    return rows


def told_events(codes: Sequence[Sequence[int]]) -> list[list[int]]:
    """The fields of each event, by playing the piece."""
    rows = []
    for at in range(len(codes)):
        before = codes[:at]
        last = [code + 1 for code in before[-1]] if before else [0] * 5
        back = [before[-lag][2] + 1 if lag <= at else 0 for lag in events_layout.LAGS]
        tracks = [
            next((row[2] + 1 for row in reversed(before) if row[1] == n), 0)
            for n in range(len(EVENTS.tracks))
        ]
        rows.append([*last, *back, *tracks])
    return rows


def told_clock(starts: Sequence[int], plan: Plan, most_places: int) -> list[list[int]]:
    """The clock at each start."""
    rows = []
    for start in starts:
        left, bound = 0, plan.length
        if plan.length:
            left = 1
            while bound - plan.bar > start and left < 17:
                left, bound = left + 1, bound - plan.bar
        rows.append([min((start + plan.offset) % plan.bar, most_places - 1), left, plan.key_code])
    return rows


@tries
@given(codes_of(VOICES))
def test_voices_are_read_as_they_sound(codes: Tensor) -> None:
    assert VOICES.read(codes).tolist() == told_voices(codes.tolist())


@tries
@given(codes_of(VOICES), codes_of(VOICES))
def test_voices_are_read_in_batches_too(first: Tensor, second: Tensor) -> None:
    steps = min(len(first), len(second))
    both = torch.stack([first[:steps], second[:steps]])
    assert torch.equal(VOICES.read(both)[1], VOICES.read(second[:steps]))


@tries
@given(codes_of(EVENTS))
def test_events_are_read_as_they_come(codes: Tensor) -> None:
    assert EVENTS.read(codes).tolist() == told_events(codes.tolist())


@tries
@given(codes_of(VOICES), plans())
def test_the_clock_of_voices(codes: Tensor, plan: Plan) -> None:
    assert VOICES.tell(codes, plan).tolist() == told_clock(range(len(codes)), plan, 64)


@tries
@given(codes_of(EVENTS), plans())
def test_the_clock_of_events_stands_where_the_last_one_began(codes: Tensor, plan: Plan) -> None:
    starts = [0]
    for row in codes.tolist():
        starts.append(starts[-1] + SHIFTS[row[0]])
    assert starts_of(codes).tolist() == starts[1:]
    assert EVENTS.tell(codes, plan).tolist() == told_clock(starts[:-1], plan, 128)


@tries
@given(st.data(), EITHER, plans())
def test_everything_read_fits_its_table(data: st.DataObject, layout: AnyLayout, plan: Plan) -> None:
    codes = data.draw(codes_of(layout))
    for values, fields in ((layout.read(codes), layout.fields), (layout.tell(codes, plan), layout.clock)):
        assert values.dtype == torch.int64 and values.shape == (len(codes), len(fields))
        assert (values >= 0).all()
        assert (values.amax(0) < torch.tensor([field.size for field in fields])).all()


@tries
@given(st.data(), EITHER)
def test_what_is_read_before_a_step_knows_nothing_of_it(data: st.DataObject, layout: AnyLayout) -> None:
    codes = data.draw(codes_of(layout))
    at = data.draw(st.integers(0, len(codes) - 1))
    changed = codes.clone()
    changed[at:] = data.draw(codes_of(layout, most=1))
    plan = Plan(16, 0, 64)
    assert torch.equal(layout.read(changed)[: at + 1], layout.read(codes)[: at + 1])
    assert torch.equal(layout.tell(changed, plan)[: at + 1], layout.tell(codes, plan)[: at + 1])


@tries
@given(codes_of(VOICES))
def test_a_voice_refers_to_its_last_pitch_and_the_voices_above(codes: Tensor) -> None:
    fields = VOICES.read(codes)
    now = torch.tensor([row[:4] for row in told_voices([*codes.tolist(), [0] * 4])[1:]])
    for slot in range(4):
        found = VOICES.references(slot, fields, codes)
        assert len(found) == slot + 1 <= VOICES.most_references
        assert torch.equal(found[0], fields[:, slot])
        for above in range(slot):
            assert torch.equal(found[1 + above], now[:, above])


@tries
@given(codes_of(EVENTS))
def test_an_event_refers_to_its_tracks_last_pitch_and_the_last_events(codes: Tensor) -> None:
    fields = EVENTS.read(codes)
    found = EVENTS.references(2, fields, codes)
    assert len(found) == EVENTS.most_references
    assert found[0].tolist() == [fields[n, 8 + row[1]].item() for n, row in enumerate(codes.tolist())]
    assert torch.equal(torch.stack(found[1:], 1), fields[:, [2, 5, 6, 7]])


@tries
@given(codes_of(VOICES))
def test_a_voice_is_told_how_it_would_move_against_those_above(codes: Tensor) -> None:
    told = told_voices([*codes.tolist(), [0] * 4])
    fields = VOICES.read(codes)
    for slot in range(4):
        expected = []
        for above in range(slot):
            moves = [apart(after[above], before[above]) for before, after in pairwise(told)]
            stands = [apart(after[above], before[slot]) for before, after in pairwise(told)]
            expected += [moves, stands]
        assert [one.tolist() for one in VOICES.relations(slot, fields, codes)] == expected


@tries
@given(codes_of(EVENTS))
def test_an_event_is_told_how_far_its_track_lies_above_the_last_one(codes: Tensor) -> None:
    fields = EVENTS.read(codes)
    (found,) = EVENTS.relations(2, fields, codes)
    own = [int(fields[n, 8 + row[1]]) for n, row in enumerate(codes.tolist())]
    assert found.tolist() == [apart(a, b) for a, b in zip(own, fields[:, 2].tolist(), strict=True)]
    assert all(EVENTS.relations(slot, fields, codes) == [] for slot in (0, 1, 3, 4))


@tries
@given(st.data(), EITHER)
def test_only_earlier_slots_count_in_what_is_referred_to(data: st.DataObject, layout: AnyLayout) -> None:
    codes = data.draw(codes_of(layout))
    slot = data.draw(st.sampled_from([n for n, one in enumerate(layout.slots) if one.pitches]))
    changed = codes.clone()
    changed[:, slot:] = 0
    fields = layout.read(codes)
    for told in (layout.references, layout.relations):
        pairs = zip(told(slot, fields, codes), told(slot, fields, changed), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    assert all(((one >= 0) & (one < 74)).all() for one in layout.relations(slot, fields, codes))


@tries
@given(st.data(), EITHER)
def test_a_piece_can_be_moved_as_far_as_its_room_and_back(data: st.DataObject, layout: AnyLayout) -> None:
    codes = data.draw(codes_of(layout))
    low, high = layout.room(codes)
    assert low <= 0 <= high or torch.equal(layout.transposed(codes, 5), codes)
    sizes = torch.tensor([slot.size for slot in layout.slots])
    for semitones in {low, high, data.draw(st.integers(low, high))}:
        moved = layout.transposed(codes, semitones)
        assert (moved >= 0).all() and (moved < sizes).all()
        assert torch.equal(layout.transposed(moved, -semitones), codes)
        assert layout.room(moved) == (low - semitones, high - semitones) or (low, high) == (0, 0)


@tries
@given(codes_of(VOICES), st.integers(-5, 5))
def test_moved_voices_hold_and_rest_as_before(codes: Tensor, semitones: int) -> None:
    moved = VOICES.transposed(codes, semitones)
    assert torch.equal(moved < FIRST_PITCH, codes < FIRST_PITCH) or semitones < 0
    assert torch.equal(moved[codes < FIRST_PITCH], codes[codes < FIRST_PITCH])
    onsets = codes >= FIRST_PITCH
    assert torch.equal(moved[onsets], codes[onsets] + semitones)


@tries
@given(codes_of(EVENTS), st.integers(-5, 5))
def test_drums_stay_where_they_are(codes: Tensor, semitones: int) -> None:
    moved = EVENTS.transposed(codes, semitones)
    drums = codes[:, 1] == 0
    assert torch.equal(moved[drums], codes[drums])
    assert torch.equal(moved[~drums][:, 2], codes[~drums][:, 2] + semitones)
    assert torch.equal(moved[:, [0, 1, 3, 4]], codes[:, [0, 1, 3, 4]])


def test_silence_cannot_be_moved() -> None:
    assert VOICES.room(torch.zeros(4, 4, dtype=torch.int64)) == (0, 0)
    assert EVENTS.room(torch.tensor([[0, 0, 5, 0, 0]])) == (0, 0)


def test_what_events_may_be_told_rises() -> None:
    for values in (SHIFTS, DURATIONS, VELOCITIES):
        assert list(values) == sorted(set(values))
    assert SHIFTS[0] == 0 and DURATIONS[0] == 1 and VELOCITIES[-1] < 128


@tries
@given(codes_of(EVENTS), plans())
def test_what_begins_past_the_plan_is_cut(codes: Tensor, plan: Plan) -> None:
    kept = cut(codes, EVENTS, plan)
    starts = starts_of(codes)
    assert torch.equal(kept, codes[: len(kept)])
    if plan.length:
        assert len(kept) == int((starts < plan.length).sum())
    else:
        assert len(kept) == len(codes)


def test_what_begins_where_the_plan_ends_is_past_it() -> None:
    codes = torch.tensor([[SHIFTS.index(6), 0, 0, 0, 0]] * 3)
    assert [len(cut(codes, EVENTS, Plan(48, 0, length))) for length in (5, 6, 7, 12, 13, 18, 19)] == [
        0, 0, 1, 1, 2, 2, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("layout", [*LAYOUTS, VoicesLayout(8, 0, 127), EventsLayout((127,), 60, 60)])
def test_a_description_comes_back(layout: AnyLayout) -> None:
    again = layout_of(layout.to_dict())
    assert again == layout and again.slots == layout.slots and again.fields == layout.fields


@pytest.mark.parametrize("layout", LAYOUTS)
def test_fields_of_one_table_are_alike(layout: AnyLayout) -> None:
    tables: dict[str, Field] = {}
    for field in [*layout.fields, *layout.clock, layout.pitch]:
        assert tables.setdefault(field.table, field) == field
    for slot in layout.slots:
        assert slot.pitches in (0, layout.pitches) and slot.size >= slot.pitches


def test_a_plan_tells_its_key() -> None:
    assert Plan(16).key_code == 0
    codes = [Plan(16, key=Key(n, mode)).key_code for mode in ("major", "minor") for n in range(12)]
    assert codes == list(range(1, 25))
    assert max(codes) < voices_layout.KEYS == events_layout.KEYS


@pytest.mark.parametrize(
    "change",
    [
        {"representation": "pixels"},
        {"representation": None},
        {"voices": 0},
        {"voices": 9},
        {"voices": "4"},
        {"voices": 4.0},
        {"low": -1},
        {"low": 91},
        {"high": 128},
        {"high": None},
    ],
)
def test_hostile_voices_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        layout_of({**VOICES.to_dict(), **change})


@pytest.mark.parametrize(
    "tracks", [[], [0] * 17, [-2], [128], ["0"], None, "0", {"0": 1}, [0.5], [None]], ids=str
)
def test_hostile_tracks_are_refused(tracks: object) -> None:
    with pytest.raises(InvalidInput):
        layout_of({**EVENTS.to_dict(), "tracks": tracks})
