"""The player's file: seconds where the score has ticks, and nothing that JSON cannot say."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from tests.unit.music.made_pieces import VOICES, chorale, scores
from worker.music.notes_file import notes_json
from worker.music.score import Note, Score, part_of


def read(data: bytes) -> dict[str, Any]:
    """The file as JSON values."""
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


def test_what_a_chorale_says() -> None:
    score = chorale(bars=2)
    found = read(notes_json(score))
    assert found["seconds"] == 6.75
    assert found["tempo"] == 80
    assert found["meter"] == [4, 4]
    # An upbeat of a quarter (0.75 s), then bars of 3 s.
    assert found["bars"] == [0.0, 0.75, 3.75]
    assert found["parts"] == [{"name": name, "program": 52, "drums": False} for name in VOICES]
    assert found["notes"][:5] == [
        [0.0, 0.75, 67, 0, 80],
        [0.0, 0.75, 62, 1, 80],
        [0.0, 0.75, 58, 2, 80],
        [0.0, 0.75, 43, 3, 80],
        [0.75, 0.75, 70, 0, 80],
    ]
    assert set(found) == {"seconds", "tempo", "meter", "bars", "parts", "notes"}


def test_the_extras_are_there_when_they_are_given() -> None:
    curve = {"title": "How much like Bach", "values": [0.4, None, 1.25], "unit": "nats per note"}
    data = notes_json(
        chorale(bars=2), given=[(0, 24, -1), (24, 120, 0)], chords=[(0, "i"), (24, "V⁷")], curve=curve
    )
    found = read(data)
    assert found["given"] == [[0.0, 0.75, -1], [0.75, 3.75, 0]]
    assert found["chords"] == [[0.0, "i"], [0.75, "V⁷"]]
    assert found["curve"] == curve
    assert read(notes_json(chorale(), given=[]))["given"] == []


def test_it_is_compact_and_plain_text() -> None:
    data = notes_json(replace(chorale(), parts=(part_of("Flöte ♯", [Note(0, 60, 24)]),)), chords=[(0, "i")])
    assert b": " not in data
    assert "Flöte ♯".encode() in data
    assert len(notes_json(chorale(16))) < 30 * sum(1 for _ in chorale(16).notes())


def test_what_json_has_no_number_for_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        notes_json(chorale(), curve={"title": "t", "values": [float("nan")], "unit": "u"})


def test_a_piece_of_nothing() -> None:
    found = read(notes_json(Score(())))
    assert (found["seconds"], found["notes"], found["parts"], found["bars"]) == (0, [], [], [])


def test_drums_are_told_apart() -> None:
    found = read(notes_json(Score((part_of("Kit", [Note(0, 36, 6)], 0, drums=True),))))
    assert found["parts"] == [{"name": "Kit", "program": 0, "drums": True}]


@settings(max_examples=60)
@given(scores(parts=3))
def test_every_note_is_there_at_its_second(score: Score) -> None:
    data = notes_json(score)
    assert data == notes_json(score)
    found = read(data)
    ticks = 24 * score.tempo / 60
    back = [
        (note[3], round(note[0] * ticks), note[2], round(note[1] * ticks), note[4]) for note in found["notes"]
    ]
    assert sorted(back) == sorted((p, n.start, n.pitch, n.duration, n.velocity) for p, n in score.notes())
    assert [note[0] for note in found["notes"]] == sorted(note[0] for note in found["notes"])
    assert len(found["bars"]) == score.bars
    assert found["bars"] == sorted(found["bars"])
    ends = [note[0] + note[1] for note in found["notes"]]
    assert found["seconds"] == pytest.approx(max(ends), abs=1e-3)
    assert not score.bars or found["bars"][-1] < found["seconds"] + 1e-3
