"""Figures of pieces: those that a person can count are what a person counts; all are there for any piece."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.music.made_pieces import lines as any_line
from tests.unit.music.theory_pieces import at_random, aus_meines_herzens_grunde, blocks, line, lines
from worker.music.advice.figures import catalogue, figures_heard, figures_of, melody_of
from worker.music.score import Key, Note, Part, Score, part_of
from worker.music.theory.analysis import analyze


def figures(score: Score) -> dict[str, float]:
    return figures_of(analyze(score))


def test_the_catalogue_titles_every_figure_and_the_gaps() -> None:
    found = set(figures(aus_meines_herzens_grunde()))
    assert found == {name for name in catalogue() if not name.startswith("aim.")}
    assert {"aim.valence_gap", "aim.arousal_gap"} <= set(catalogue())


def test_what_can_be_counted_in_bach() -> None:
    found = figures(aus_meines_herzens_grunde())
    assert found["tempo.bpm"] == 80.0
    assert found["key.major"] == 1.0
    assert found["density.sounding"] == 4.0
    assert found["length.bars"] == 22
    assert found["melody.range"] == 7
    assert found["range.width"] == 74 - 42
    assert found["voices.faults"] == pytest.approx(0.0)
    assert 0.0 < found["harmony.dominants"] < 1.0
    assert found["cadences.final"] in (0.0, 1.0)


@pytest.mark.parametrize(
    ("melody", "steps", "repeats", "span"),
    [
        ("60 62 64 65", 1.0, 0.0, 5),
        ("60 67 60 67", 0.0, 0.0, 7),
        ("60 60 60 60", 0.0, 1.0, 0),
        ("60 61 61 69", 1 / 3, 1 / 3, 9),
        ("60", 0.0, 0.0, 0),
    ],
)
def test_the_moves_of_a_melody(melody: str, steps: float, repeats: float, span: int) -> None:
    found = figures(lines(melody))
    assert found["melody.steps"] == pytest.approx(steps, abs=1e-6)
    assert found["melody.repeats"] == pytest.approx(repeats, abs=1e-6)
    assert found["melody.range"] == span


def test_equal_lengths_have_no_variety_and_two_equally_frequent_ones_have_one_bit() -> None:
    assert figures(lines("60 62 64 65"))["rhythm.variety"] == 0.0
    assert figures(lines("60:24 62:48 64:24 65:48"))["rhythm.variety"] == 1.0


def test_tones_outside_the_key_count_by_how_long_they_sound() -> None:
    plain = "60:24 64 67 72 71 67 62 65 64 60:96"
    assert figures(lines(plain))["harmony.chromatic"] == 0.0
    found = figures(lines(plain + " 61:12 60:96"))["harmony.chromatic"]
    assert found == pytest.approx(12 / (9 * 24 + 96 + 12 + 96), abs=1e-6)


def test_faults_are_told_apart() -> None:
    found = figures(lines("67 69 71", "60 62 64"))
    assert found["voices.parallels"] == 2.0
    assert found["voices.crossings"] == 0.0
    crossed = figures(lines("60 60", "64 64"))
    assert crossed["voices.crossings"] == 1.0


def test_no_notes_give_figures_too() -> None:
    for score in (Score(()), Score((part_of("Drums", [Note(0, 36, 6)], drums=True),))):
        found = figures(score)
        assert all(isfinite(value) for value in found.values())
        assert found["melody.range"] == found["range.mean"] == found["key.major"] == 0.0


DRUMS = Score((part_of("Drums", [Note(n * 24, 36, 6) for n in range(9)], drums=True),))
MELODY = ("melody.range", "melody.steps", "melody.repeats")


@pytest.mark.parametrize(
    ("score", "absent", "heard"),
    [
        (
            Score(()),
            [*MELODY, "tempo.bpm", "rhythm.onsets", "mood.valence", "density.notes"],
            ["length.bars"],
        ),
        (DRUMS, [*MELODY, "range.mean", "key.major", "harmony.pace"], ["tempo.bpm", "rhythm.variety"]),
        (lines("60:96"), [*MELODY, "rhythm.variety", "repetition.share"], ["range.mean", "key.major"]),
        (lines("60:96 62 64"), ["repetition.share", "voices.faults", "cadences.perfect"], [*MELODY]),
        (lines("60:48 62 60 62"), [], ["repetition.share"]),
    ],
    ids=["empty", "drums", "one note", "a note a bar", "two notes a bar"],
)
def test_what_a_piece_has_nothing_for_is_not_heard(score: Score, absent: list[str], heard: list[str]) -> None:
    found = figures_heard(analyze(score))
    assert not set(absent) & set(found)
    assert set(heard) <= set(found)
    assert found.items() <= figures(score).items()
    assert {name for name in figures(score) if name not in found and figures(score)[name] != 0.0} <= {
        "tempo.bpm",
        "melody.range",
        "mood.valence",
        "mood.arousal",
    }


def test_a_whole_chorale_lacks_nothing() -> None:
    whole = analyze(aus_meines_herzens_grunde())
    assert figures_heard(whole) == figures_of(whole)


def test_the_melody_lies_highest_and_is_no_drum() -> None:
    low, high = line("48 50"), line("72 74")
    drums = Part("Drums", (Note(0, 100, 6),), drums=True)
    assert melody_of(Score((low, high, drums))) == high.notes
    assert melody_of(Score(())) == ()


@settings(max_examples=40)
@given(st.lists(any_line(), max_size=3), st.sampled_from([None, Key(0, "major"), Key(9, "minor")]))
def test_any_piece_has_all_figures_finite_and_the_same_twice(
    notes: list[list[Note]], key: Key | None
) -> None:
    score = Score(tuple(part_of(f"P{n}", one) for n, one in enumerate(notes)), key=key)
    found = figures(score)
    assert found == figures(score)
    assert all(isfinite(value) for value in found.values())
    for share in (
        "harmony.dominants",
        "harmony.chromatic",
        "repetition.share",
        "melody.steps",
        "cadences.perfect",
    ):
        assert 0.0 <= found[share] <= 1.0


def test_transposing_changes_only_where_it_lies() -> None:
    piece = blocks([(72, 67, 64, 48), (71, 67, 62, 55), (72, 67, 64, 48)] * 3)
    one, other = figures(piece), figures(piece.transposed(3))
    moved = {"range.mean", "mood.valence", "mood.arousal"}
    assert {name: one[name] for name in one if name not in moved} == {
        name: other[name] for name in other if name not in moved
    }
    assert other["range.mean"] == pytest.approx(one["range.mean"] + 3)


def test_random_lines_leap_more_than_bach() -> None:
    assert figures(at_random(1, 60))["melody.steps"] < figures(aus_meines_herzens_grunde())["melody.steps"]
