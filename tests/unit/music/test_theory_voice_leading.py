"""Voice leading: each fault is found where it stands, and what only looks like one is not told."""

from __future__ import annotations

import pytest

from tests.unit.music.theory_pieces import at_random, aus_meines_herzens_grunde, line, lines
from worker.music.score import Note, Part, Score, part_of
from worker.music.theory import analyze
from worker.music.theory.voice_leading import (
    KINDS,
    MOST_LINES,
    MOST_TOLD,
    Fault,
    VoiceLeading,
    judge,
    lines_of,
)


def kinds(score: Score) -> list[str]:
    return [fault.kind for fault in judge(score).faults]


@pytest.mark.parametrize(
    ("upper", "lower", "kind"),
    [
        ("67 69", "60 62", "parallel_fifths"),
        ("67 65", "60 58", "parallel_fifths"),
        ("79 81", "60 62", "parallel_fifths"),
        ("72 74", "60 62", "parallel_octaves"),
        ("60 62", "60 62", "parallel_octaves"),
        ("84 81", "60 57", "parallel_octaves"),
    ],
)
def test_parallels_are_found(upper: str, lower: str, kind: str) -> None:
    faults = judge(lines(upper, lower)).faults
    assert [fault for fault in faults if fault.kind.startswith("parallel")] == [
        Fault(24, kind, (0, 1), f"Soprano and Alto move in {kind.replace('_', ' ')}")
    ]


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("67 67", "60 60"),
        ("67 69", "60 60"),
        ("67 65", "60 58:48"),
        ("67 62", "60 67"),
        ("67 68", "60 62"),
        ("71 67", "65 60"),
        ("67 .:24 69", "60 .:24 62"),
        ("67:48 69", "60:24 61 62"),
    ],
    ids=[
        "repeated",
        "one stays",
        "a sixth then",
        "contrary",
        "fifth to tritone",
        "tritone to fifth",
        "over a rest",
        "another interval between",
    ],
)
def test_what_only_looks_like_parallels_is_none(upper: str, lower: str) -> None:
    if upper == "67 65":
        upper = "67 66"
    assert not [kind for kind in kinds(lines(upper, lower)) if kind.startswith("parallel")]


def test_parallels_are_found_between_any_two_parts() -> None:
    faults = judge(lines("76 77", "72 71", "67 65", "48 50")).faults
    assert not [fault for fault in faults if fault.kind.startswith("parallel")]
    faults = judge(lines("76 74", "72 71", "67 65", "57 55")).faults
    assert {(fault.kind, fault.parts) for fault in faults if fault.kind.startswith("parallel")} == {
        ("parallel_fifths", (0, 3))
    }


def test_hidden_octaves_are_of_outer_parts_with_a_leap_above() -> None:
    assert "hidden_octaves" in kinds(lines("67 72", "64 64", "57 60"))
    assert "hidden_octaves" not in kinds(lines("71 72", "64 64", "57 60"))
    assert "hidden_octaves" not in kinds(lines("76 76", "67 72", "57 60"))
    assert "hidden_fifths" in kinds(lines("62 67", "60 60", "54 60"))


def test_a_crossing_is_told_once_where_it_begins() -> None:
    faults = judge(lines("67:24 62 62 67", "60:24 64 65 60")).faults
    assert [(fault.kind, fault.tick, fault.text) for fault in faults] == [
        ("crossing", 24, "Alto sounds above Soprano")
    ]


def test_rests_cross_nothing() -> None:
    assert kinds(lines("67:24 .:24 67:24", "60:24 72 60")) == []


def test_wide_spacing_is_told_of_upper_parts_only() -> None:
    assert kinds(lines("79:24", "62:24", "60:24", "40:24")) == ["spacing"]
    assert kinds(lines("72:24", "67:24", "64:24", "40:24")) == []


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ("60 70", "Line leaps up a minor seventh"),
        ("71 60", "Line leaps down a major seventh"),
        ("60 74", "Line leaps up more than an octave (14 semitones)"),
    ],
)
def test_hard_leaps_are_told(steps: str, text: str) -> None:
    assert [fault.text for fault in judge(Score((line(steps),))).faults] == [text]


@pytest.mark.parametrize("steps", ["60 72", "60 69", "72 60", "60 67", "60 .:48 74"])
def test_singable_leaps_are_not_told(steps: str) -> None:
    assert kinds(Score((line(steps),))) == []


def test_an_augmented_leap_is_a_matter_of_spelling() -> None:
    """F to B in C major is an augmented fourth, B to F a diminished fifth: the same semitones."""
    lower = ("69 67 67 67 69 67 67", "65 62 64 64 65 62 64", "53 55 48 48 53 55 48")
    for soprano, told in (("77 83 84", ["Soprano leaps up an augmented fourth"]), ("77 71 72", [])):
        score = lines(f"{soprano} 72 72 71 72", *lower)
        faults = analyze(score).voice_leading.faults
        assert [fault.text for fault in faults if fault.kind == "leap" and fault.parts == (0,)] == told


def test_an_augmented_second_in_minor_is_told() -> None:
    parts = ("76 77 80 81 76:48", "72 74 71 72 71:48", "69 69 64 64 68:48", "57 50 52 57 52:48")
    told = [fault.text for fault in analyze(lines(*parts)).voice_leading.faults]
    assert "Soprano leaps up an augmented second" in told


def test_figures_are_per_hundred_chords() -> None:
    found = judge(lines("67 69 71 72", "60 62 64 65"))
    assert found.chords == 4
    assert found.counts["parallel_fifths"] == 3
    assert found.per_100_chords["parallel_fifths"] == 75.0
    assert set(found.per_100_chords) == set(KINDS)
    assert VoiceLeading(0).per_100_chords == {}


def test_bach_makes_few_faults_and_chance_makes_many() -> None:
    bach, chance = judge(aus_meines_herzens_grunde()), judge(at_random(3, 80, 4, 24))
    assert bach.counts.get("parallel_fifths", 0) == bach.counts.get("parallel_octaves", 0) == 0
    assert chance.per_100_chords["parallel_fifths"] > 1
    assert chance.per_100_chords["crossing"] > 20


def test_transposed_music_has_the_same_faults() -> None:
    score = at_random(5, 60, 4, 24)
    assert judge(score.transposed(3)).counts == judge(score).counts


def test_parts_that_hold_chords_and_drums_are_left_out() -> None:
    chords = part_of("Piano", [Note(at * 24, pitch, 24) for at in range(8) for pitch in (60, 64, 67)])
    drums = Part("Drums", (Note(0, 36, 24),), drums=True)
    assert [found.name for found in lines_of(Score((chords, line("60 62"), drums)))] == ["Line"]


def test_many_faults_are_counted_in_full_and_told_in_part() -> None:
    found = judge(at_random(1, 400, 6, 24))
    assert len(found.faults) == MOST_TOLD < sum(found.counts.values())
    ticks = [fault.tick for fault in found.faults]
    assert ticks == sorted(ticks)


def test_more_parts_than_are_compared() -> None:
    score = at_random(2, 20, MOST_LINES + 3, 24)
    assert len(lines_of(score)) == MOST_LINES
    assert judge(score).chords == 20
