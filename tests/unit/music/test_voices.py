"""Voices told apart: on chorales whose true voices are known, and on small scores made for one rule each."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from worker.music.midi_in import read_midi
from worker.music.score import SIXTEENTH, Note, Part, Score, part_of
from worker.music.slices import slices_of
from worker.music.voices import apart, separate, voice_count
from worker.starter.parts import FOLDER

Q = 24
CHORALES = FOLDER / "data" / "bach_chorales.zip"
#: Of all 305 chorales 98.4 % of the cells are right; of single ones at least 89 %.
RIGHT, RIGHT_OF_ONE = 0.975, 0.88


def chorales(step: int) -> list[Score]:
    """Every so many of the shipped chorales, in their four true voices."""
    with zipfile.ZipFile(CHORALES) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".mid"))
        return [read_midi(archive.read(name)).score for name in names[::step]]


def cells(score: Score, sixteenths: int) -> npt.NDArray[np.int64]:
    """The pitch of each part in each sixteenth, 0 for none: an array (sixteenths, parts)."""
    grid = np.zeros((sixteenths, len(score.parts)), np.int64)
    for part, note in score.notes():
        grid[note.start // SIXTEENTH : note.end // SIXTEENTH, part] = note.pitch
    return grid


def merged(score: Score) -> Score:
    """All parts on one track, as a piano roll tells them: a pitch sounds or not, by whomever."""
    length = score.end // SIXTEENTH
    roll = np.zeros((length + 1, 128), bool)
    for _, note in score.notes():
        roll[note.start // SIXTEENTH : note.end // SIXTEENTH, note.pitch] = True
    notes = []
    for pitch in range(128):
        edges = np.flatnonzero(np.diff(roll[:, pitch].astype(np.int8), prepend=0))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            notes.append(Note(int(start) * SIXTEENTH, pitch, int(end - start) * SIXTEENTH))
    return replace(score, parts=(part_of("All", notes),))


def one(*notes: tuple[int, int, int]) -> Score:
    """A score of one track; notes as (start, pitch, duration) in quarters."""
    return Score((part_of("All", [Note(start * Q, pitch, length * Q) for start, pitch, length in notes]),))


def columns(*chords: Iterable[int]) -> Score:
    """A score of one track: a chord a quarter."""
    return one(*((at, pitch, 1) for at, chord in enumerate(chords) for pitch in chord))


def lines(score: Score) -> list[list[int]]:
    """The pitches of each part in time."""
    return [[note.pitch for note in part.notes] for part in score.parts]


def test_the_voices_of_chorales_are_found_again() -> None:
    shares = []
    for score in chorales(16):
        true = cells(score, score.end // SIXTEENTH)
        found = cells(separate(merged(score)), len(true))
        shares.append(float((found == true).mean()))
    assert len(shares) == 20
    assert float(np.mean(shares)) >= RIGHT
    assert min(shares) >= RIGHT_OF_ONE


def test_nothing_is_lost_or_added() -> None:
    for score in chorales(60):
        single = merged(score)
        apart = separate(single)
        for tick in range(0, score.end, SIXTEENTH):
            before = {n.pitch for _, n in single.notes() if n.start <= tick < n.end}
            after = {n.pitch for _, n in apart.notes() if n.start <= tick < n.end}
            assert before == after


def test_each_part_made_sounds_one_note_at_a_time_and_in_order() -> None:
    apart = separate(merged(chorales(100)[1]))
    assert [part.name for part in apart.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    for part in apart.parts:
        assert part.notes == tuple(sorted(part.notes))
        assert all(before.end <= after.start for before, after in pairwise(part.notes))


def test_full_chords_are_sorted_from_high_to_low() -> None:
    score = columns((48, 67, 60, 64), (50, 65, 62, 57), (72, 48, 64, 55))
    assert lines(separate(score)) == [[67, 65, 72], [64, 62, 64], [60, 57, 55], [48, 50, 48]]


def test_a_unison_is_sung_by_both_voices() -> None:
    score = columns((72, 67, 64, 48), (72, 65, 50), (72, 67, 64, 48))
    assert lines(separate(score)) == [[72, 72, 72], [67, 65, 67], [64, 65, 64], [48, 50, 48]]


def test_a_note_that_goes_on_is_one_note() -> None:
    score = one((0, 72, 4), (0, 64, 1), (1, 65, 1), (2, 67, 2), (0, 60, 4), (0, 48, 2), (2, 50, 2))
    apart = separate(score)
    assert [(note.pitch, note.duration // Q) for note in apart.parts[0].notes] == [(72, 4)]
    assert lines(apart)[1:] == [[64, 65, 67], [60], [48, 50]]


def test_a_repeated_note_is_struck_again() -> None:
    score = columns((72, 67, 64, 48), (72, 67, 64, 48))
    assert lines(separate(score)) == [[72, 72], [67, 67], [64, 64], [48, 48]]


def test_velocities_and_the_program_are_kept() -> None:
    notes = [Note(0, 70, Q, 100), Note(0, 50, Q, 30)]
    score = Score((part_of("Organ", notes, 19),), tempo=90.0, meter=(3, 4))
    apart = separate(score, 2)
    assert [[note.velocity for note in part.notes] for part in apart.parts] == [[100], [30]]
    assert [(part.name, part.program) for part in apart.parts] == [("Voice 1", 19), ("Voice 2", 19)]
    assert (apart.tempo, apart.meter) == (90.0, (3, 4))


def test_more_notes_than_voices_lose_inner_ones_the_shortest_first() -> None:
    score = one((0, 80, 1), (0, 72, 2), (0, 67, 1), (0, 64, 2), (0, 40, 1))
    apart = separate(score)
    assert {note.pitch for _, note in apart.notes()} == {80, 72, 64, 40}


def test_a_note_left_out_is_left_out_whole() -> None:
    notes = [Note(0, 80, 4 * Q), Note(0, 60, Q), Note(0, 40, 4 * Q), Note(0, 50, 3 * Q)]
    slices = slices_of(notes, 3)
    assert {place for piece in slices for place in piece.notes} == {0, 2, 3}


def test_silence_stays_silent() -> None:
    score = one(
        (0, 72, 1), (0, 67, 1), (0, 60, 1), (0, 48, 1), (3, 72, 1), (3, 67, 1), (3, 60, 1), (3, 48, 1)
    )
    for part in separate(score).parts:
        assert [(note.start // Q, note.duration // Q) for note in part.notes] == [(0, 1), (3, 1)]


def test_parts_that_are_there_stay_and_come_high_to_low_with_drums_last() -> None:
    low = part_of("Cello", [Note(0, 48, Q)], 42)
    high = part_of("Violin", [Note(0, 76, Q), Note(Q, 40, Q)], 40)
    kit = part_of("Kit", [Note(0, 36, Q)], drums=True)
    empty = Part("Nothing", ())
    sorted_out = separate(Score((kit, low, empty, high)))
    assert [part.name for part in sorted_out.parts] == ["Violin", "Cello", "Kit"]
    assert sorted_out.parts[0] is high


@pytest.mark.parametrize("count", (0, 1, 5))
def test_other_numbers_of_voices_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 4"):
        separate(columns((60, 64)), count)


def test_chorales_have_four_voices_in_either_form() -> None:
    for score in chorales(30):
        assert voice_count(score) == 4
        assert voice_count(merged(score)) == 4


@pytest.mark.parametrize("count", (2, 3, 4))
def test_a_track_of_full_chords_has_as_many_voices_as_they_have_notes(count: int) -> None:
    score = columns(*[[60 + 4 * step for step in range(count)]] * 8)
    assert voice_count(score) == count


def test_textures_without_voices_have_none() -> None:
    melody = one(*((at, 60 + at, 1) for at in range(8)))
    five = columns(*[(40, 50, 60, 70, 80)] * 4)
    now_and_then = one((0, 60, 1), (0, 64, 1), *((at, 60, 1) for at in range(1, 20)))
    drums = Score((part_of("Kit", [Note(0, 36, Q)], drums=True), part_of("A", [Note(0, 60, Q)])))
    for score in (melody, five, now_and_then, drums, Score(())):
        assert voice_count(score) is None


def test_parts_count_when_each_sings_one_note_at_a_time() -> None:
    def singing(count: int) -> Score:
        return Score(tuple(part_of(str(at), [Note(0, 60 + at, Q)]) for at in range(count)))

    assert [voice_count(singing(count)) for count in (2, 4, 6, 7)] == [2, 4, 6, None]
    chord = part_of("Piano", [Note(0, 60, Q), Note(0, 64, Q)])
    assert voice_count(replace(singing(2), parts=(*singing(2).parts, chord))) is None


def test_only_a_track_that_holds_voices_comes_apart() -> None:
    (chorale,) = chorales(305)
    assert [part.name for part in apart(merged(chorale)).parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert lines(apart(merged(chorale))) == lines(separate(merged(chorale)))
    assert apart(chorale).parts == chorale.parts
    two = columns(*[(60, 64)] * 8)
    assert [part.name for part in apart(two).parts] == ["Voice 1", "Voice 2"]


def test_what_has_no_voices_or_too_many_stays_as_it_is() -> None:
    five = Score(tuple(part_of(str(at), [Note(0, 50 + at, Q)]) for at in range(5)))
    assert voice_count(five) == 5
    for score in (five, one(*((at, 60 + at, 1) for at in range(8))), Score(())):
        assert apart(score) is score
