"""Written values: what the grid's lengths become on paper."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.music.made_pieces import scores
from worker.music.notation import PLAIN, TRIPLET, Chord, Written, bars, chords, silence
from worker.music.score import Key, Note, Score, part_of
from worker.music.spelling import fifths, note_name, spell


def written(*notes: Note, meter: tuple[int, int] = (4, 4), pickup: int = 0) -> list[list[Written]]:
    """The bars of a part of one voice."""
    score = Score((part_of("p", list(notes)),), meter=meter, pickup=pickup)
    (line,) = chords(score.parts[0].notes)
    return bars(score, line)


def values(bar: list[Written]) -> list[tuple[int, bool]]:
    """Length of each value of a bar and whether it sounds."""
    return [(value.duration, bool(value.pitches)) for value in bar]


def test_the_tables_are_the_values_of_music() -> None:
    assert {ticks: name for ticks, name in PLAIN.items() if ticks in (96, 72, 42, 6, 3)} == {
        96: ("whole", 0), 72: ("half", 1), 42: ("quarter", 2), 6: ("16th", 0), 3: ("32nd", 0),
    }  # fmt: skip
    assert TRIPLET == {
        64: ("whole", 0), 32: ("half", 0), 16: ("quarter", 0), 8: ("eighth", 0), 4: ("16th", 0),
        2: ("32nd", 0), 1: ("64th", 0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, 96, [96]),
        (0, 72, [72]),
        (0, 30, [24, 6]),  # a quarter and a sixteenth: no value is five sixteenths long
        (12, 24, [24]),  # a syncopated quarter stays one note
        (18, 30, [6, 24]),  # the rest of the beat, then a quarter
        (0, 60, [48, 12]),
        (0, 8, [8]),
        (8, 16, [16]),
        (12, 60, [12, 48]),
    ],
)
def test_lengths_become_values(start: int, length: int, expected: list[int]) -> None:
    (bar,) = written(Note(start, 60, length))
    assert [value.duration for value in bar if value.pitches] == expected


def test_ties_join_what_belongs_together_over_bar_lines_too() -> None:
    first, second, third = written(Note(72, 60, 24 + 96 + 12))
    assert [(v.before, v.after) for v in first if v.pitches] == [(False, True)]
    assert [(v.duration, v.before, v.after) for v in second] == [(96, True, True)]
    assert [(v.before, v.after) for v in third if v.pitches] == [(True, False)]


def test_rests_fill_a_bar_and_an_empty_bar_stays_empty() -> None:
    first, second, third = written(Note(24, 60, 24), Note(192, 62, 48))
    assert values(first) == [(24, False), (24, True), (48, False)]
    assert second == []
    assert values(third) == [(48, True), (48, False)]


def test_triplets_are_bracketed_beat_by_beat() -> None:
    (bar,) = written(*(Note(8 * n, 60 + n, 8) for n in range(6)), Note(48, 70, 48))
    assert [value.bracket for value in bar] == ["start", "", "stop", "start", "", "stop", ""]
    assert [value.triplet for value in bar] == [True] * 6 + [False]


def test_an_upbeat_is_a_bar_of_its_own_length() -> None:
    found = written(Note(0, 60, 12), Note(12, 62, 96), pickup=12)
    assert [sum(value.duration for value in bar) for bar in found] == [12, 96]
    score = Score((part_of("p", [Note(36, 60, 4)]),), pickup=36)
    assert [value.duration for value in silence(score, 0)] == [36]


def test_notes_together_are_a_chord_and_others_need_voices() -> None:
    notes = [Note(0, 60, 24), Note(0, 64, 24), Note(0, 67, 48), Note(24, 62, 24)]
    first, second = chords(notes)
    assert first == [Chord(0, 48, (67,))]
    assert second == [Chord(0, 24, (60, 64)), Chord(24, 24, (62,))]
    assert chords([]) == []


@settings(max_examples=150)
@given(scores(parts=1, drums=False))
def test_whatever_is_written_adds_up(score: Score) -> None:
    (line,) = chords(score.parts[0].notes)
    found = bars(score, line)
    assert len(found) == score.bars
    sounding: list[tuple[int, int, tuple[int, ...]]] = []
    for bar, values in enumerate(found):
        here = score.bar_start(bar)
        for value in values:
            assert value.start == here
            assert value.duration in (TRIPLET if value.triplet else PLAIN)
            here += value.duration
            if value.pitches and value.before:
                start, length, pitches = sounding[-1]
                assert pitches == value.pitches
                assert start + length == value.start
                sounding[-1] = (start, length + value.duration, pitches)
            elif value.pitches:
                sounding.append((value.start, value.duration, value.pitches))
        assert not values or here == score.bar_start(bar + 1)
    assert sounding == [(note.start, note.duration, (note.pitch,)) for note in score.parts[0].notes]


@settings(max_examples=60)
@given(st.lists(st.builds(Note, st.integers(0, 60), st.integers(50, 70), st.integers(1, 40)), max_size=15))
def test_voices_never_overlap_and_lose_nothing(notes: list[Note]) -> None:
    lines = chords(notes)
    for line in lines:
        assert all(a.end <= b.start for a, b in pairwise(line))
    found = {(c.start, c.duration, pitch) for line in lines for c in line for pitch in c.pitches}
    assert found == {(note.start, note.duration, note.pitch) for note in notes}


@pytest.mark.parametrize(
    ("tonic", "mode", "count"),
    [(0, "major", 0), (7, "major", 1), (5, "major", -1), (6, "major", 6), (1, "major", -5),
     (11, "major", 5), (9, "minor", 0), (7, "minor", -2), (6, "minor", 3),
     (3, "minor", -6), (8, "minor", 5), (10, "minor", -5)],
)  # fmt: skip
def test_signatures(tonic: int, mode: str, count: int) -> None:
    assert fifths(Key(tonic, "minor" if mode == "minor" else "major")) == count
    assert fifths(None) == 0


@pytest.mark.parametrize(
    ("pitch", "key", "expected"),
    [
        (60, None, ("C", 0, 4)),
        (61, None, ("C", 1, 4)),
        (70, None, ("B", -1, 4)),
        (66, Key(7, "minor"), ("F", 1, 4)),  # the leading note of G minor
        (71, Key(7, "minor"), ("B", 0, 4)),  # its Picardy third
        (63, Key(7, "minor"), ("E", -1, 4)),
        (61, Key(2, "minor"), ("C", 1, 4)),
        (60, Key(1, "major"), ("C", 0, 4)),
        (59, Key(6, "major"), ("B", 0, 3)),
        (65, Key(6, "major"), ("E", 1, 4)),
        (59, Key(3, "minor"), ("C", -1, 4)),  # written in the octave of its letter
        (60, Key(1, "minor"), ("B", 1, 3)),
        (67, Key(8, "minor"), ("F", 2, 4)),  # the leading note of G sharp minor
    ],
)
def test_spelling_follows_the_key(pitch: int, key: Key | None, expected: tuple[str, int, int]) -> None:
    assert spell(pitch, key) == expected


def test_a_note_is_named_as_its_key_writes_it() -> None:
    assert [note_name(pitch) for pitch in (60, 66, 21)] == ["C4", "F♯4", "A0"]
    assert [note_name(63, key) for key in (Key(3, "minor"), Key(4, "major"))] == ["E♭4", "D♯4"]


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_spelling_is_the_pitch_and_the_scale_needs_no_accidental(tonic: int, mode: str) -> None:
    key = Key(tonic, "minor" if mode == "minor" else "major")
    count = fifths(key)
    altered = dict.fromkeys("FCGDAEB"[: max(0, count)], 1)
    altered |= dict.fromkeys("BEADGCF"[: max(0, -count)], -1)
    scale = (0, 2, 3, 5, 7, 8, 10) if mode == "minor" else (0, 2, 4, 5, 7, 9, 11)
    for pitch in range(128):
        letter, alter, octave = spell(pitch, key)
        assert (
            12 * (octave + 1) + {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letter] + alter
            == pitch
        )
        if (pitch - tonic) % 12 in scale:
            assert alter == altered.get(letter, 0)
