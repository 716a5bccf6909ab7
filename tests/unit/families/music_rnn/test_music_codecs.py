"""Scores to codes and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.families.music_rnn.support import EVENTS, VOICES, band, bare, chorale, codes_of, tries
from tests.unit.music import made_pieces
from worker.families.music_rnn import events_codec, voices_codec
from worker.families.music_rnn.events_layout import (
    DURATION,
    DURATIONS,
    PITCH,
    SHIFT,
    SHIFTS,
    TRACK,
    VELOCITIES,
    EventsLayout,
)
from worker.families.music_rnn.layouts import AnyLayout, decode, encode, plan_of
from worker.families.music_rnn.voices_layout import FIRST_PITCH, HOLD, REST, VoicesLayout
from worker.music.score import SIXTEENTH, TICKS, Key, Note, Part, Score, part_of

ALL = VoicesLayout(4, 0, 127)
ANY = EventsLayout((-1, 0, 19, 40, 73), 0, 127)


@tries
@given(made_pieces.scores(grid=SIXTEENTH, drums=False))
def test_voices_on_sixteenths_come_back(score: Score) -> None:
    codes = encode(score, ALL)
    assert codes.shape == (-(-score.end // SIXTEENTH), 4)
    assert (codes[0] != HOLD).all()
    again = decode(codes, ALL, score)
    assert bare(again)[: len(score.parts)] == bare(score)
    assert not any(part.notes for part in again.parts[len(score.parts) :]) and len(again.parts) == 4
    same = ("tempo", "meter", "pickup", "key", "title")
    assert all(getattr(again, name) == getattr(score, name) for name in same)
    parts = list(zip(score.parts, again.parts, strict=False))
    assert [(a.name, a.program) for a, _ in parts] == [(b.name, b.program) for _, b in parts]


@tries
@given(codes_of(VOICES))
def test_codes_of_voices_sound_the_same_after_a_round(codes: Tensor) -> None:
    score = decode(codes, VOICES, chorale(1))
    assume(score.end)
    again = encode(score, VOICES)
    assert decode(again, VOICES, score) == score
    # Rests after rests, holds of nothing and an end in silence have more than one way to be written.
    after = [torch.cat([one, torch.zeros_like(one[:1])]) for one in (codes, again)]
    fields = [VOICES.read(one)[1:, :4] for one in after]
    assert torch.equal(fields[0][: len(again)], fields[1])


def test_a_chorale_in_codes() -> None:
    score = Score(
        (
            part_of("Soprano", [Note(0, 72, 12), Note(12, 74, 6), Note(24, 74, 6)]),
            part_of("Alto", [Note(6, 60, 24)]),
        )
    )
    pitch = FIRST_PITCH - 30
    assert encode(score, VOICES).T.tolist() == [
        [72 + pitch, HOLD, 74 + pitch, REST, 74 + pitch],
        [REST, 60 + pitch, HOLD, HOLD, HOLD],
        [REST, HOLD, HOLD, HOLD, HOLD],
        [REST, HOLD, HOLD, HOLD, HOLD],
    ]


def test_a_melody_alone_in_codes() -> None:
    line = [Note(6, 60, 6), Note(12, 61, 6)]
    assert voices_codec.encode_line(line, VOICES, 5).tolist() == [REST, 32, 33, REST, HOLD]
    with pytest.raises(ValueError, match="29"):
        voices_codec.encode_line([Note(0, 29, 6)], VOICES, 5)


@tries
@given(st.integers(0, 500), st.integers(1, 300))
def test_a_note_beside_the_grid_moves_by_half_a_step_at_most(start: int, ticks: int) -> None:
    score = Score((part_of("A", [Note(start, 60, ticks)]),))
    (note,) = decode(encode(score, ALL), ALL, score).parts[0].notes
    assert note.pitch == 60 and note.start % SIXTEENTH == note.duration % SIXTEENTH == 0
    # What ends the piece within half a step of a line has no step of its own there.
    assert abs(note.start - start) <= 3 or (note.start < start and score.end - note.start <= SIXTEENTH)
    assert abs(note.end - (start + ticks)) <= 3 or note.duration == SIXTEENTH or note.end == score.end


@tries
@given(made_pieces.scores(drums=False))
def test_off_the_grid_nothing_is_made_up(score: Score) -> None:
    again = decode(encode(score, ALL), ALL, score)
    for part, found in zip(score.parts, again.parts, strict=False):
        assert len(found.notes) <= len(part.notes)
        ends = [(note.end, after.start) for note, after in zip(found.notes, found.notes[1:], strict=False)]
        assert all(end <= start for end, start in ends)
        near = {(pitch, start) for _, pitch, start in ((n, n.pitch, n.start) for n in part.notes)}
        assert all(any(p == n.pitch and abs(s - n.start) <= SIXTEENTH for p, s in near) for n in found.notes)


def test_thirty_seconds_leave_one_of_two() -> None:
    score = Score((part_of("A", [Note(n * 3, 60 + n, 3) for n in range(8)]),))
    (kept,) = decode(encode(score, ALL), ALL, score).parts[:1]
    assert 4 <= len(kept.notes) < 8 and kept.notes[-1].end == score.end


@pytest.mark.parametrize(
    ("meter", "pickup", "bar", "offset"),
    [
        ((4, 4), 0, 16, 0),
        ((4, 4), TICKS, 16, 12),
        ((3, 4), TICKS, 12, 8),
        ((3, 4), 2 * TICKS, 12, 4),
        ((6, 8), 12, 12, 10),
        ((1, 32), 0, 1, 0),
    ],
)
def test_a_pickup_is_what_is_gone_of_a_bar(
    meter: tuple[int, int], pickup: int, bar: int, offset: int
) -> None:
    score = Score((part_of("A", [Note(0, 60, 90)]),), meter=meter, pickup=pickup)
    plan = voices_codec.plan_of(score)
    assert (plan.bar, plan.offset, plan.length) == (bar, offset, 15)
    events = events_codec.plan_of(score)
    assert events.length == 45 and events.bar == max(1, score.bar // 2)
    assert events.offset == (events.bar - pickup // 2) % events.bar


def test_the_first_bar_line_stands_after_the_pickup() -> None:
    score = chorale(3, pickup=TICKS)
    for layout, unit in ((VOICES, SIXTEENTH), (EVENTS, 2)):
        plan = plan_of(score, layout)
        assert (score.bar_start(1) // unit + plan.offset) % plan.bar == 0


@pytest.mark.parametrize("layout", [ALL, ANY])
def test_what_stands_around_the_notes_is_kept(layout: AnyLayout) -> None:
    score = replace(chorale(2, pickup=TICKS), key=Key(9, "minor"), tempo=77.5, title="A title")
    again = decode(encode(score, layout), layout, score)
    assert (again.key, again.tempo, again.title, again.pickup) == (Key(9, "minor"), 77.5, "A title", TICKS)


@pytest.mark.parametrize("pitch", [29, 91])
def test_a_pitch_out_of_range_is_refused(pitch: int) -> None:
    score = Score((part_of("A", [Note(0, pitch, 24)]),))
    for layout in (VOICES, EventsLayout((0,), 30, 90)):
        with pytest.raises(ValueError, match=str(pitch)):
            encode(score, layout)


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="5 parts"):
        encode(Score((*chorale(1).parts, part_of("More", []))), VOICES)


@st.composite
def told_events(draw: st.DrawFn) -> Tensor:
    """Events of which none sounds into another of its pitch."""
    rows = draw(st.lists(st.tuples(*(st.integers(0, slot.size - 1) for slot in ANY.slots)), min_size=1))
    return torch.tensor([[*row[:PITCH], place % 128, *row[PITCH + 1 :]] for place, row in enumerate(rows)])


@tries
@given(told_events())
def test_events_come_back(codes: Tensor) -> None:
    score = decode(codes, ANY, Score(()))
    again = encode(score, ANY)
    starts = torch.tensor(SHIFTS)[codes[:, SHIFT]].cumsum(0)
    order = sorted(
        range(len(codes)), key=lambda n: (int(starts[n]), int(codes[n, TRACK]), int(codes[n, PITCH]))
    )
    # What begins at once is told from the first track to the last, low to high: only the order may change.
    assert torch.equal(again[:, TRACK:], codes[order][:, TRACK:])
    assert torch.equal(torch.tensor(SHIFTS)[again[:, SHIFT]].cumsum(0), starts[order])
    assert decode(again, ANY, score) == score


@tries
@given(made_pieces.scores(grid=2))
def test_every_note_of_a_piece_is_told(score: Score) -> None:
    codes = encode(score, ANY)
    assert len(codes) == sum(len(part.notes) for part in score.parts)
    sizes = torch.tensor([slot.size for slot in ANY.slots])
    assert (codes >= 0).all() and (codes < sizes).all()
    velocities = sorted(note.velocity for _, note in score.notes())
    told = sorted(VELOCITIES[row[4]] for row in codes.tolist())
    assert all(abs(a - b) <= 16 for a, b in zip(velocities, told, strict=True) if a >= 16 and b < 116)


def test_drums_programs_and_velocities() -> None:
    score = band(1)
    codes = encode(score, EVENTS)
    again = decode(codes, EVENTS, score)
    drums, piano, violin = again.parts
    assert (drums.name, drums.drums, drums.program) == ("Drums", True, 0)
    assert (piano.name, piano.program, violin.name, violin.program) == ("Piano", 0, "Violin", 40)
    assert {part.name: part.notes for part in again.parts} == {part.name: part.notes for part in score.parts}


@pytest.mark.parametrize(("program", "track"), [(0, 1), (7, 1), (19, 2), (16, 2), (41, 3), (45, 3), (127, 4)])
def test_a_program_plays_on_the_nearest_track(program: int, track: int) -> None:
    assert events_codec.track_of(Part("A", (), program), ANY) == track


def test_the_same_family_of_instruments_comes_before_a_nearer_number() -> None:
    layout = EventsLayout((7, 15), 0, 127)
    assert events_codec.track_of(Part("A", (), 8), layout) == 1


def test_drums_need_drums_and_tunes_need_tunes() -> None:
    drums, tune = Part("D", (Note(0, 36, 6),), drums=True), Part("T", (Note(0, 60, 6),))
    with pytest.raises(ValueError, match="drums"):
        encode(Score((drums,)), EventsLayout((0,), 0, 127))
    with pytest.raises(ValueError, match="drums only"):
        encode(Score((tune,)), EventsLayout((-1,), 0, 127))
    # Parts without notes ask for nothing.
    silent = Part("D", (), drums=True)
    assert len(encode(Score((tune, silent)), EventsLayout((0,), 0, 127))) == 1


@tries
@given(st.lists(st.integers(0, 190), min_size=1, max_size=12))
def test_the_error_of_a_wait_does_not_add_up(waits: list[int]) -> None:
    starts = [sum(waits[: n + 1]) for n in range(len(waits))]
    score = Score((part_of("A", [Note(start * 2, 60, 2) for start in sorted(set(starts))]),))
    codes = encode(score, ANY)
    told = torch.tensor(SHIFTS)[codes[:, SHIFT]].cumsum(0).tolist()
    assert all(abs(a - b) <= 6 for a, b in zip(told, sorted(set(starts)), strict=True))


def test_after_a_very_long_rest_the_place_is_found_again() -> None:
    late = 2 * (2 * 192 + 100)
    score = Score((part_of("A", [Note(0, 60, 24), *(Note(late + 24 * n, 62, 24) for n in range(4))]),))
    told = decode(encode(score, ANY), ANY, score).parts[0].notes
    assert told[-1].start == late + 72


def test_one_pitch_of_a_track_sounds_once_at_a_time() -> None:
    shift, long, short = SHIFTS.index(12), DURATIONS.index(48), DURATIONS.index(12)
    codes = torch.tensor([[0, 1, 60, long, 3], [shift, 1, 60, short, 3], [0, 1, 60, long, 4]])
    (part,) = decode(codes, ANY, Score(())).parts
    assert [(note.start, note.duration, note.velocity) for note in part.notes] == [(0, 24, 64), (24, 96, 76)]


def test_a_duration_is_the_nearest_one() -> None:
    for ticks, expected in ((1, 1), (2, 1), (14, 6), (500, 192), (64, 30)):
        codes = encode(Score((part_of("A", [Note(0, 60, ticks)]),)), ANY)
        assert DURATIONS[int(codes[0, DURATION])] == expected, ticks


@tries
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=8, unique=True).map(sorted), st.floats(-60, 60))
def test_nearest(values: list[int], wanted: float) -> None:
    found = values[events_codec.nearest(values, wanted)]
    assert abs(found - wanted) == min(abs(value - wanted) for value in values)
