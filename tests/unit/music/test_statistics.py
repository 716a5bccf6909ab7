"""Made beside held out: equal sets are at no distance, known changes move the measure that they concern."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.music.theory_pieces import at_random, aus_meines_herzens_grunde, blocks, line, lines
from worker.music.score import Note, Part, Score, part_of
from worker.music.statistics import chord_types, compare, distance, table
from worker.music.theory.frames import notes_of
from worker.music.theory.voice_leading import KINDS

BACH = aus_meines_herzens_grunde()


def test_equal_sets_are_at_no_distance() -> None:
    found = compare([BACH], [BACH])
    assert {row["distance"] for row in found["distributions"].values()} == {0.0}
    assert {row["distance"] for row in found["per_100_chords"].values()} == {0.0}
    assert found["chords"] == {"known": 1.0, "covered": 1.0, "jaccard": 1.0}
    assert found["pieces"] == {"made": 1, "held_out": 1}


def test_a_transposed_piece_is_the_same() -> None:
    found = compare([BACH.transposed(4)], [BACH])
    assert {row["distance"] for row in found["distributions"].values()} == {0.0}


def test_chance_is_far_from_bach_in_everything() -> None:
    found = compare([at_random(1, 100, 4)], [BACH])
    assert all(row["distance"] > 0.25 for row in found["distributions"].values())
    assert found["per_100_chords"]["crossing"]["made"] > 10
    assert found["chords"]["known"] < 0.5 and found["chords"]["jaccard"] < 0.3


def test_another_rhythm_moves_durations_only() -> None:
    slow = replace(
        BACH,
        parts=tuple(
            Part(part.name, tuple(Note(n.start * 2, n.pitch, n.duration * 2) for n in part.notes))
            for part in BACH.parts
        ),
        pickup=48,
    )
    rows = compare([slow], [BACH])["distributions"]
    assert rows["duration"]["distance"] > 0.5
    assert rows["interval"]["distance"] == rows["chord"]["distance"] == 0.0


def test_shares_are_of_one_and_named() -> None:
    rows = compare([BACH], [BACH])["distributions"]
    for row in rows.values():
        assert sum(row["made"].values()) == pytest.approx(1.0, abs=0.001)
    assert set(rows["pitch_class"]["made"]) <= {
        "1",
        "♭2",
        "2",
        "♭3",
        "3",
        "4",
        "♯4",
        "5",
        "♭6",
        "6",
        "♭7",
        "7",
    }
    assert next(iter(rows["pitch_class"]["made"])) in ("1", "5")
    assert set(rows["duration"]["made"]) <= {"2", "4", "6", "8", "12"}
    assert "+2" in rows["interval"]["made"] and "-2" in rows["interval"]["made"]
    assert next(iter(rows["chord"]["made"])) == "0 4 7"


def test_faults_are_rates_of_both_sides() -> None:
    row = compare([lines("67 69", "60 62")], [BACH])["per_100_chords"]
    assert set(row) == set(KINDS)
    assert row["parallel_fifths"] == {"made": 50.0, "held_out": 0.0, "distance": 50.0}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1}, {"a": 5}, 0.0),
        ({"a": 1}, {"b": 1}, 1.0),
        ({"a": 1, "b": 1}, {"a": 1}, 0.5),
        ({"a": 3, "b": 1}, {"a": 1, "b": 3}, 0.5),
        ({}, {}, 0.0),
        ({}, {"a": 1}, 1.0),
    ],
)
def test_the_distance_of_two_distributions(
    one: dict[str, float], other: dict[str, float], expected: float
) -> None:
    assert distance(one, other) == pytest.approx(expected)
    assert distance(other, one) == pytest.approx(expected)


def test_chord_types_are_read_from_the_bass() -> None:
    score = blocks([(72, 67, 64, 48), (72, 67, 64, 52), (74, 67, 65, 47), (60, 60, 60, 48)])
    assert list(chord_types(notes_of(score))) == ["0 4 7", "0 3 8", "0 3 6 8"]


def test_held_notes_belong_to_the_chords_above_them() -> None:
    assert list(chord_types(notes_of(lines("64:24 65 67", "60:24 62 64", "48:72")))) == [
        "0 4",
        "0 2 5",
        "0 4 7",
    ]


def test_a_chord_ends_with_its_notes() -> None:
    assert list(chord_types(notes_of(lines("64:24 .:24 72:24", "60:24 .:24 71:24")))) == ["0 4", "0 1"]


def test_known_and_covered_are_not_the_same() -> None:
    few, many = (
        [blocks([(72, 67, 64, 48)] * 4)],
        [blocks([(72, 67, 64, 48), (72, 69, 66, 50), (73, 70, 61, 48)])],
    )
    found = compare(few, many)["chords"]
    assert found["known"] == 1.0 and found["covered"] < 0.7 and 0 < found["jaccard"] < 1


def test_the_table_has_a_line_a_measure() -> None:
    found = compare([at_random(1, 60, 4)], [BACH, BACH])
    text = table(found)
    rows = text.strip().split("\n")
    assert rows[0] == "| measure | made (1) | held out (2) | distance |"
    assert len(rows) == 2 + 4 + len(KINDS) + 2
    assert all(row.startswith("| ") and row.endswith("|") and row.count("|") == 5 for row in rows[2:])
    assert f"{found['distributions']['interval']['distance']:.3f}" in text
    assert f"{found['per_100_chords']['crossing']['made']:.2f}" in text


def test_a_comparison_is_plain_values() -> None:
    found = compare([BACH], [at_random(2, 50, 4)])
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_odd_pieces_are_compared_too() -> None:
    odd = [
        Score(()),
        Score((part_of("Empty", []),)),
        Score((line("60"),)),
        Score((part_of("Drums", [Note(0, 36, 6), Note(6, 36, 6)], drums=True),)),
    ]
    found = compare(odd, [])
    assert found["pieces"] == {"made": 4, "held_out": 0}
    assert found["distributions"]["pitch_class"]["made"] == {"1": 1.0}
    assert found["chords"] == {"known": 0.0, "covered": 0.0, "jaccard": 0.0}
    assert "nan" not in table(found)


def test_wide_steps_are_counted_together() -> None:
    rows = compare([lines("60 100 20 60")], [])["distributions"]["interval"]["made"]
    assert set(rows) == {"+13", "-13"}
