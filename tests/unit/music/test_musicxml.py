"""MusicXML as music21 reads it: the same pitches at the same places, key, meter, tempo, recipe."""

from dataclasses import replace
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree as ET

import music21
import pytest
from hypothesis import given, settings

from tests.unit.music.made_pieces import RECIPE, VOICES, chorale, scores
from worker.music.musicxml import FIELD, writable, write_musicxml
from worker.music.score import Key, Note, Score, part_of


def opened(data: bytes) -> Any:
    """The piece in music21."""
    return music21.converter.parseData(data, format="musicxml")


def notes_of(part: Any) -> list[tuple[int, int, int]]:
    """(start, duration, pitch) of each note of a part in ticks, ties joined."""
    found = []
    joined = part.stripTies()
    for element in joined.recurse().notes:
        start = Fraction(element.getOffsetInHierarchy(joined)) * 24
        length = Fraction(element.quarterLength) * 24
        found += [(round(start), round(length), pitch.midi) for pitch in element.pitches]
        assert abs(start - round(start)) < Fraction(1, 100)
        assert abs(length - round(length)) < Fraction(1, 100)
    return sorted(found)


def wanted(score: Score, place: int) -> list[tuple[int, int, int]]:
    """The same of a part of a score."""
    return sorted((note.start, note.duration, note.pitch) for note in score.parts[place].notes)


def tree(score: Score, recipe: dict[str, object] | None = None) -> ET.Element:
    """The file as XML elements."""
    return ET.fromstring(write_musicxml(score, recipe))


def test_music21_reads_a_chorale() -> None:
    score = chorale()
    found = opened(write_musicxml(score, RECIPE))
    assert [part.partName for part in found.parts] == list(VOICES)
    for place, part in enumerate(found.parts):
        assert notes_of(part) == wanted(score, place)
        (key,) = part.recurse().getElementsByClass("KeySignature")
        assert (key.sharps, key.mode, key.tonic.name) == (-2, "minor", "G")
        (meter,) = part.recurse().getElementsByClass("TimeSignature")
        assert meter.ratioString == "4/4"
        assert [measure.number for measure in part.getElementsByClass("Measure")] == [0, 1, 2, 3, 4]
    marks = list(found.recurse().getElementsByClass("MetronomeMark"))
    assert [mark.number for mark in marks] == [80]
    assert found.metadata.title == "Chorale ♭"
    clefs = [part.recurse().getElementsByClass("Clef").first().sign for part in found.parts]
    assert clefs == ["G", "G", "G", "F"]
    assert [part.getInstrument().midiProgram for part in found.parts] == [52] * 4


def test_the_leading_note_is_sharp_and_shown_once_a_bar() -> None:
    notes = [Note(24 * n, pitch, 24) for n, pitch in enumerate((66, 66, 65, 66, 66, 70, 63, 67))]
    root = tree(Score((part_of("p", notes),), key=Key(7, "minor")))
    shown = [note.findtext("accidental") or "" for note in root.iter("note")]
    # F sharp, again without a sign, natural, sharp; the bar line forgets; the key's flats need none.
    assert shown == ["sharp", "", "natural", "sharp", "sharp", "", "", ""]
    steps = [(note.findtext("pitch/step"), note.findtext("pitch/alter")) for note in root.iter("note")]
    assert steps[:3] == [("F", "1"), ("F", "1"), ("F", None)]
    assert steps[5:7] == [("B", "-1"), ("E", "-1")]


def test_a_note_over_the_bar_line_is_one_note() -> None:
    score = Score((part_of("p", [Note(72, 66, 48), Note(120, 67, 72)]),))
    root = tree(score)
    ties = [
        [tie.get("type") for tie in note.findall("tie")] for note in root.iter("note") if note.find("pitch")
    ]
    assert ties[:2] == [["start"], ["stop"]]
    tied = [note.findtext("accidental") for note in root.iter("note") if note.find("tie") is not None]
    assert tied == ["sharp", None]
    assert notes_of(opened(write_musicxml(score)).parts[0]) == wanted(score, 0)


def test_chords_voices_and_rests() -> None:
    notes = [Note(0, 60, 96), Note(0, 72, 24), Note(0, 76, 24), Note(48, 74, 24), Note(192, 60, 24)]
    score = Score((part_of("Piano", notes), part_of("Silent", [])))
    found = opened(write_musicxml(score))
    assert notes_of(found.parts[0]) == wanted(score, 0)
    assert notes_of(found.parts[1]) == []
    lengths = [measure.duration.quarterLength for measure in found.parts[1].getElementsByClass("Measure")]
    assert lengths == [4.0, 4.0, 4.0]
    assert len(tree(score).findall(".//note/chord")) == 1


@pytest.mark.parametrize("pickup", [6, 12, 24, 36, 60])
@pytest.mark.parametrize("empty", [True, False])
def test_bars_after_an_upbeat_stand_right(pickup: int, empty: bool) -> None:
    first = [] if empty else [Note(0, 67, pickup)]
    score = Score(
        (part_of("p", [*first, Note(pickup, 72, 72), Note(pickup + 72, 74, 72)]),),
        pickup=pickup,
        meter=(3, 4),
    )
    found = opened(write_musicxml(score)).parts[0]
    assert notes_of(found) == wanted(score, 0)
    starts = [measure.offset * 24 for measure in found.getElementsByClass("Measure")]
    assert starts == pytest.approx([0, pickup, pickup + 72])


def test_triplets_say_so() -> None:
    notes = [Note(8 * n, 60 + n, 8) for n in range(3)] + [Note(24 + 16, 70, 8)]
    score = Score((part_of("p", notes),))
    root = tree(score)
    first = list(root.iter("note"))[:3]
    assert [note.findtext("type") for note in first] == ["eighth"] * 3
    assert [note.findtext("time-modification/actual-notes") for note in first] == ["3"] * 3
    assert [tuplet.get("type") for tuplet in root.iter("tuplet")] == ["start", "stop", "start", "stop"]
    found = opened(write_musicxml(score)).parts[0]
    assert notes_of(found) == wanted(score, 0)
    assert found.recurse().notes.first().duration.tuplets[0].numberNotesActual == 3


@pytest.mark.parametrize(
    ("sharp", "natural"),
    [
        (Note(0, 102, 4), Note(4, 101, 24)),  # in triplets
        (Note(0, 102, 12), Note(12, 101, 60)),
        (Note(72, 102, 12), Note(84, 101, 24)),  # over a bar line
        (Note(72, 102, 12), Note(84, 101, 300)),  # over four
    ],
)
def test_a_natural_after_a_sharp_is_tied_to_itself(sharp: Note, natural: Note) -> None:
    score = Score((part_of("p", [sharp, natural]),))
    assert notes_of(opened(write_musicxml(score)).parts[0]) == wanted(score, 0)
    written = [note for note in tree(score).iter("note") if note.find("pitch") is not None]
    shown = [note.findtext("accidental") for note in written]
    assert shown[:2] == ["sharp", "natural"] and not any(shown[2:])


@settings(max_examples=20)
@given(scores(grid=3, parts=2, drums=False))
def test_any_plain_piece_comes_back(score: Score) -> None:
    assert writable(score)
    found = opened(write_musicxml(score))
    for place, part in enumerate(found.parts):
        assert notes_of(part) == wanted(score, place)
        for measure in part.getElementsByClass("Measure"):
            assert measure.paddingLeft >= 0


@settings(max_examples=20)
@given(scores(grid=4, parts=1, drums=False))
def test_any_piece_of_triplets_comes_back(score: Score) -> None:
    assert writable(score)
    assert notes_of(opened(write_musicxml(score)).parts[0]) == wanted(score, 0)


@settings(max_examples=60)
@given(scores(parts=3, drums=False))
def test_every_measure_is_full_whatever_the_piece(score: Score) -> None:
    data = write_musicxml(score)
    assert data == write_musicxml(score)
    for part in ET.fromstring(data).iter("part"):
        measures = part.findall("measure")
        assert len(measures) == score.bars
        for bar, measure in enumerate(measures):
            length = score.bar_start(bar + 1) - score.bar_start(bar)
            own = [note for note in measure.findall("note") if note.find("chord") is None]
            back = sum(int(step.findtext("duration") or 0) for step in measure.findall("backup"))
            assert sum(int(note.findtext("duration") or 0) for note in own) - back == length


def test_the_elements_of_a_note_stand_in_the_order_of_the_standard() -> None:
    order = ["chord", "pitch", "rest", "duration", "tie", "voice", "type", "dot", "accidental",
             "time-modification", "notations"]  # fmt: skip
    notes = [Note(0, 61, 8), Note(0, 65, 8), Note(8, 61, 16), Note(24, 63, 90), Note(120, 66, 42)]
    for note in tree(Score((part_of("p", notes),))).iter("note"):
        places = [order.index(child.tag) for child in note]
        assert places == sorted(places)


def test_the_recipe_is_in_its_field() -> None:
    root = tree(chorale(), RECIPE)
    field = root.find("identification/miscellaneous/miscellaneous-field")
    assert field is not None
    assert field.get("name") == FIELD
    assert field.text == (
        '{"input":{"bars":16,"p":0.9},"operation":"generate","seed":7,"title":"\\u00dcn\\u00efcode \\u266f"}'
    )
    assert tree(chorale()).find("identification/miscellaneous") is None


def test_titles_cannot_break_the_file() -> None:
    name = "<&>\"'\x00\x0b\ud800 ♯"
    root = tree(replace(chorale(), title=name, parts=(part_of(name, [Note(0, 60, 24)]),)))
    assert root.findtext("work/work-title") == "<&>\"' ♯"
    assert root.findtext("part-list/score-part/part-name") == "<&>\"' ♯"
    assert tree(replace(chorale(), title="")).find("work") is None


@pytest.mark.parametrize("pitches", [(40, 45), (62, 70)])
def test_a_part_is_in_the_clef_of_its_range(pitches: tuple[int, int]) -> None:
    root = tree(Score((part_of("p", [Note(24 * n, pitch, 24) for n, pitch in enumerate(pitches)]),)))
    assert root.findtext(".//clef/sign") == ("F" if pitches[1] < 60 else "G")


def test_what_makes_sense_as_a_score() -> None:
    note = Note(0, 60, 24)
    one = part_of("p", [note])
    assert writable(chorale())
    assert writable(Score((one,) * 8))
    assert not writable(Score((one,) * 9))
    assert not writable(Score(()))
    assert not writable(Score((part_of("p", []),)))
    assert not writable(Score((one, part_of("d", [note], drums=True))))
    # One tick beside the grid: a performance as it was played.
    assert not writable(Score((part_of("p", [replace(note, start=1)]),)))
    assert not writable(Score((part_of("p", [replace(note, duration=7)]),)))
    assert writable(Score((part_of("p", [replace(note, start=8, duration=19)]),)))
    piled = [Note(3 * n, 60 + n, 24) for n in range(5)]
    assert not writable(Score((part_of("p", piled),)))
    assert writable(Score((part_of("p", piled[:4]),)))
    assert not writable(replace(chorale(), meter=(4, 64)))
