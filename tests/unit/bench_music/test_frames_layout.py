"""Frames as codes: one spelling a set, what is read of the past, transposition."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.music.frames_layout import LAGS, LONGEST_HELD, ROUNDS, SEEN, FramesLayout
from bench.music.rolls import codes_of, most_notes
from tests.unit.bench_music.made_rolls import made_roll
from worker.families.music_rnn.layout import DISTANCES, REACH
from worker.families.music_rnn.plan import Plan

SILENT = DISTANCES - 1

frames = st.lists(st.sets(st.integers(21, 108), max_size=4).map(sorted), min_size=1, max_size=12)


def test_a_frame_is_spelled_from_its_highest_pitch_down() -> None:
    codes = codes_of(made_roll([[60, 72, 48], [], [108, 21]]), 4)
    assert codes.tolist() == [[52, 40, 28, 0], [0, 0, 0, 0], [88, 1, 0, 0]]


@given(frames)
def test_codes_and_roll_stand_for_each_other(pitches: list[list[int]]) -> None:
    codes = codes_of(made_roll(pitches), 4)
    assert [sorted(code + 20 for code in row if code) for row in codes.tolist()] == pitches
    assert ((codes[:, 1:] < codes[:, :-1]) | (codes[:, 1:] == 0)).all()


def test_a_frame_of_too_many_notes_is_refused() -> None:
    roll = made_roll([[60], [60, 62, 64]])
    assert most_notes([roll]) == 3
    with pytest.raises(ValueError, match="more than 2 notes"):
        codes_of(roll, 2)


def test_what_is_read_lies_in_the_past() -> None:
    layout = FramesLayout(2)
    codes = codes_of(made_roll([[60 + n, 50] for n in range(12)]), 2)
    fields = layout.read(codes)
    assert fields.shape == (12, len(layout.fields))
    assert fields[0].tolist() == [0] * (len(layout.fields) - 3) + [SILENT] * 3
    for at in range(1, 12):
        assert fields[at, :2].tolist() == codes[at - 1].tolist()
        # The upper note is new in each frame, the lower one stays.
        assert fields[at, 2:4].tolist() == [1, at]
        for place, lag in enumerate(LAGS):
            expected = codes[at - lag].tolist() if at >= lag else [0, 0]
            assert fields[at, 4 + 2 * place : 6 + 2 * place].tolist() == expected
        # The upper note lies above the lower one, and has come a semitone up; the lower one has not moved.
        above = REACH + 10 + at - 1
        assert fields[at, -3:].tolist() == [above, *([REACH + 1, REACH] if at > 1 else [SILENT] * 2)]


def test_how_long_a_pitch_has_sounded_ends_with_a_gap_and_at_its_bound() -> None:
    layout = FramesLayout(2)
    pitches = [[60], [60, 64], [64], [60, 64], *[[60]] * 30]
    held = layout.held(codes_of(made_roll(pitches), 2))
    assert held[:5].tolist() == [[1, 0], [1, 2], [2, 0], [3, 1], [2, 0]]
    assert int(held.max()) == LONGEST_HELD
    assert held[-1].tolist() == [LONGEST_HELD, 0]


def test_the_last_frame_and_the_notes_above_are_referred_to() -> None:
    layout = FramesLayout(3)
    codes = codes_of(made_roll([[60, 64, 67], [59, 65, 70]]), 3)
    fields = layout.read(codes)
    for slot in range(3):
        told = [int(reference[1]) for reference in layout.references(slot, fields, codes)]
        assert told == [*codes[0].tolist(), *codes[1, :slot].flip(0).tolist()]
        assert len(told) <= layout.most_references


def test_the_motion_of_the_notes_above_is_told() -> None:
    layout = FramesLayout(3)
    codes = codes_of(made_roll([[60, 64, 67], [59, 65, 71], []]), 3)
    fields = layout.read(codes)
    told = [[int(one[1]) - REACH for one in layout.relations(slot, fields, codes)] for slot in range(3)]
    assert told == [[], [71 - 67, 71 - 64], [71 - 67, 71 - 60, 65 - 64, 65 - 60]]
    assert [int(one[2]) for one in layout.relations(2, fields, codes)] == [SILENT] * 4


def test_of_a_large_frame_only_so_many_notes_are_seen() -> None:
    layout = FramesLayout(9)
    codes = codes_of(made_roll([[60 + n for n in range(9)]] * 2), 9)
    fields = layout.read(codes)
    assert fields.shape[-1] == len(layout.fields) == SEEN * (4 + len(LAGS)) - 1
    above = [int(reference[1]) for reference in layout.references(8, fields, codes)]
    assert above == [*codes[0, :SEEN].tolist(), *codes[1, 8 - SEEN : 8].flip(0).tolist()]
    assert len(above) == layout.most_references


def test_every_number_that_is_read_fits_its_field() -> None:
    layout = FramesLayout(3)
    codes = codes_of(made_roll([[21, 60, 108]] * 40), 3)
    shown = torch.cat([layout.read(codes), layout.tell(codes, Plan(4))], dim=-1)
    sizes = torch.tensor([field.size for field in [*layout.fields, *layout.clock]])
    assert shown.shape[-1] == len(sizes)
    assert ((shown >= 0) & (shown < sizes)).all()


def test_the_clock_tells_the_frame_and_nothing_of_the_piece() -> None:
    layout = FramesLayout(2)
    short, long = torch.zeros(5, 2, dtype=torch.long), torch.ones(50, 2, dtype=torch.long)
    told = layout.tell(long, Plan(4))
    assert told[37].tolist() == [37 % size for size in ROUNDS]
    assert torch.equal(layout.tell(short, Plan(3, 1, 5)), told[:5])


@given(frames, st.integers(-20, 20))
def test_a_transposed_roll_is_the_roll_of_transposed_pitches(pitches: list[list[int]], up: int) -> None:
    layout = FramesLayout(4)
    codes = codes_of(made_roll(pitches), 4)
    low, high = layout.room(codes)
    if low <= up <= high:
        moved = codes_of(made_roll([[pitch + up for pitch in frame] for frame in pitches]), 4)
        assert torch.equal(layout.transposed(codes, up), moved)
    elif any(pitches):
        every = [pitch + up for frame in pitches for pitch in frame]
        assert min(every) < 21 or max(every) > 108


def test_a_description_builds_the_same_layout() -> None:
    layout = FramesLayout(5, 30, 90)
    assert FramesLayout.from_dict(layout.to_dict()) == layout
    with pytest.raises(ValueError, match="notes"):
        FramesLayout.from_dict({**layout.to_dict(), "notes": 0})
    with pytest.raises(ValueError, match="high"):
        FramesLayout.from_dict({**layout.to_dict(), "high": 29})
