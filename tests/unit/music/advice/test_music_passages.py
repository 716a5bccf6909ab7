"""Passages and previews: bars cut out of a piece, and how it sounds when advice is followed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.music.made_pieces import chorale
from tests.unit.music.theory_pieces import aus_meines_herzens_grunde, blocks, lines
from worker.music.advice.passage import bounds, chords_within, passage_of, with_pitch
from worker.music.advice.previews import BARS, preview
from worker.music.midi_in import read_midi
from worker.music.midi_out import write_midi
from worker.music.score import Note, Score, part_of
from worker.music.theory.analysis import analyze

MAJOR = [(72, 67, 64, 48), (77, 69, 65, 53), (74, 67, 59, 55), (72, 67, 64, 48)]
MINOR = [(72, 67, 63, 48), (77, 68, 65, 53), (74, 67, 59, 55), (72, 67, 63, 48)]


def test_a_passage_holds_what_begins_in_it() -> None:
    piece = chorale(4, pickup=0)
    middle = passage_of(piece, 1, 2)
    assert middle.bars == 2 and middle.pickup == 0
    assert [note.pitch for note in middle.parts[0].notes] == [67, 70, 72, 69] * 2
    assert middle.parts[0].notes[0].start == 0


def test_a_passage_from_the_beginning_keeps_its_pickup() -> None:
    piece = chorale(4, pickup=24)
    assert passage_of(piece, 0, 1).pickup == 24
    assert passage_of(piece, 1, 1).pickup == 0
    assert bounds(piece, 1, 1) == (24, 24 + 96)


def test_long_notes_are_cut_at_the_end() -> None:
    piece = Score((part_of("Line", [Note(0, 60, 960)]),))
    assert passage_of(piece, 0, 1).parts[0].notes == (Note(0, 60, 192),)


@settings(max_examples=30)
@given(st.integers(0, 6), st.integers(0, 6), st.sampled_from([0, 24]))
def test_passages_lie_within_their_bars(first: int, more: int, pickup: int) -> None:
    piece = chorale(6, pickup)
    found = passage_of(piece, first, first + more)
    start, end = bounds(piece, first, first + more)
    assert len(found.parts) == len(piece.parts)
    inside = [note for _, note in piece.notes() if start <= note.start < end]
    assert len(list(found.notes())) == len(inside)
    assert all(0 <= note.start < note.end <= end - start for _, note in found.notes())


def test_chords_move_along() -> None:
    found = analyze(aus_meines_herzens_grunde())
    start, end = bounds(found.score, 2, 3)
    moved = chords_within(found.chords, start, end)
    assert moved and moved[0].start == 0
    whole = [one for one in found.chords if one.start >= start and one.end <= end]
    assert {(one.start - start, one.roman) for one in whole} <= {(one.start, one.roman) for one in moved}


def test_a_pitch_is_changed_where_it_is_meant() -> None:
    piece = lines("60 62 64", "48 50 52")
    changed = with_pitch(piece, 1, 2, 55)
    assert [note.pitch for note in changed.parts[1].notes] == [48, 50, 55]
    assert changed.parts[0] == piece.parts[0]


def test_slower_and_faster() -> None:
    found = analyze(chorale(20, 24))
    slow = preview(found, "tempo", {"factor": 0.8})
    assert slow.tempo == pytest.approx(64.0)
    assert slow.bars == BARS + 1


def test_transposed_within_midi() -> None:
    found = analyze(lines("120 124", "60 64"))
    higher = preview(found, "transpose", {"semitones": 5})
    assert [[note.pitch for note in part.notes] for part in higher.parts] == [[125, 117], [65, 69]]
    low = preview(analyze(lines("2 60")), "transpose", {"semitones": -5})
    assert sorted(note.pitch for note in low.parts[0].notes) == [9, 55]
    assert preview(found, "transpose", {"semitones": 2}).parts[0].notes[0].pitch == 122


@pytest.mark.parametrize(("given_chords", "to", "wanted"), [(MAJOR, "minor", MINOR), (MINOR, "major", MAJOR)])
def test_the_other_mode(given_chords: list[tuple[int, ...]], to: str, wanted: list[tuple[int, ...]]) -> None:
    found = analyze(blocks(given_chords))
    heard = preview(found, "mode", {"to": to})
    assert heard.key is not None and heard.key.mode == to
    assert heard.parts == passage_of(blocks(wanted), 0, 7).parts
    assert analyze(heard).mood.valence * analyze(blocks(given_chords)).mood.valence < 0


def test_the_mode_that_it_is_in_already_changes_nothing() -> None:
    found = analyze(blocks(MAJOR))
    assert preview(found, "mode", {"to": "major"}).parts == found.score.parts


def test_what_cannot_be_heard_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown preview"):
        preview(analyze(blocks(MAJOR)), "louder", {})
    with pytest.raises(ValueError, match="no key"):
        preview(analyze(Score(())), "mode", {"to": "minor"})


def test_previews_are_files_that_can_be_read() -> None:
    found = analyze(aus_meines_herzens_grunde())
    for kind, parameters in (
        ("tempo", {"factor": 0.8}),
        ("transpose", {"semitones": -5}),
        ("mode", {"to": "minor"}),
    ):
        heard = preview(found, kind, parameters)
        again = read_midi(write_midi(heard)).score
        assert [part.notes for part in again.parts] == [part.notes for part in heard.parts]
