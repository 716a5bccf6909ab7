"""Chords: the right kinds, inversions and numerals, in every key; passing notes change nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.unit.music.theory_pieces import aus_meines_herzens_grunde, blocks, lines
from worker.music.score import Key, Mode, Note, Score, part_of
from worker.music.theory import analyze
from worker.music.theory.chords import DIM7, DOM7, MAJ, QUALITIES, chord_at, fit_of, place
from worker.music.theory.functions import GERMAN, Function, functions, transitions
from worker.music.theory.romans import Chord, name_of, roman_of

MODES: tuple[Mode, ...] = ("major", "minor")


def romans(score: Score) -> list[str]:
    return [chord.roman for chord in analyze(score).chords]


def function(mode: Mode, numeral: str) -> Function:
    return next(one for one in functions(mode) if one.numeral == numeral)


@pytest.mark.parametrize("quality", range(len(QUALITIES)))
@pytest.mark.parametrize("root", [0, 3, 11])
def test_each_chord_fits_itself_best(quality: int, root: int) -> None:
    weights = np.zeros((1, 12))
    for interval in QUALITIES[quality].members:
        weights[0, (root + interval) % 12] = 1.0
    fits = fit_of(weights, np.array([48 + root]))[0]
    assert chord_at(int(fits.argmax())) == (root, quality)
    assert fits[place(root, quality)] > 0.8


def test_a_missing_fifth_costs_less_than_a_missing_third_or_root() -> None:
    whole = {0: 1.0, 4: 1.0, 7: 1.0}
    lost = {}
    for tone in whole:
        weights = np.zeros((1, 12))
        weights[0, [other for other in whole if other != tone]] = 1.0
        lost[tone] = fit_of(weights, np.array([-1]))[0, place(0, MAJ)]
    assert lost[7] > lost[4] > lost[0]


def test_silence_fits_nothing() -> None:
    assert not fit_of(np.zeros((2, 12)), np.array([-1, -1])).any()


def test_a_full_close_with_its_inversions() -> None:
    score = blocks(
        [(72, 67, 64, 48), (72, 69, 65, 53), (74, 67, 65, 47), (72, 67, 64, 48), (72, 69, 62, 53),
         (72, 67, 64, 55), (71, 67, 62, 55), (72, 67, 64, 48)]
    )  # fmt: skip
    assert romans(score) == ["I", "IV", "V65", "I", "ii65", "I64", "V", "I"]


def test_names_have_the_bass_after_a_slash() -> None:
    chords = analyze(blocks([(72, 67, 64, 48), (74, 67, 65, 47), (72, 67, 60, 52), (71, 67, 62, 43)])).chords
    assert [chord.name for chord in chords] == ["C", "G7/B", "C/E", "G"]


def test_passing_and_neighbour_notes_change_no_chord() -> None:
    plain = blocks([(72, 67, 64, 48), (74, 67, 59, 55), (72, 67, 64, 48)], 48)
    busy = lines("72:24 74:12 72 74:24 72:12 74 72:48", "67:48 67 67", "64:36 65:12 62:48 64", "48:48 55 48")
    assert romans(plain) == ["I", "V", "I"]
    assert romans(busy) == ["I", "V", "I"]


def test_a_suspension_is_part_of_the_chord_that_it_falls_into() -> None:
    score = lines("72:48 72:24 71:24 72:48", "67:48 67 67", "64:48 62 64", "48:48 55 48")
    assert romans(score) == ["I", "V", "I"]
    assert [chord.start for chord in analyze(score).chords] == [0, 48, 96]


def test_a_secondary_dominant_is_told_by_its_goal() -> None:
    score = blocks(
        [(72, 67, 64, 48), (74, 69, 66, 50), (74, 67, 59, 55), (72, 67, 64, 48), (74, 65, 59, 55),
         (72, 67, 64, 48)]
    )  # fmt: skip
    assert romans(score)[1] == "V/V"


def test_minor_has_its_raised_seventh_and_a_major_close() -> None:
    score = blocks(
        [(76, 72, 69, 57), (77, 71, 68, 50), (76, 72, 69, 48), (77, 74, 69, 50), (76, 71, 68, 52),
         (76, 73, 69, 45)]
    )  # fmt: skip
    assert romans(score) == ["i", "viio43", "i6", "iv", "V", "I"]
    assert {chord.key for chord in analyze(score).chords} == {Key(9, "minor")}


def test_a_modulation_is_read_in_the_new_key() -> None:
    home = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)]
    away = [(74, 69, 66, 50), (74, 71, 67, 55), (76, 72, 67, 48), (74, 69, 66, 50), (72, 69, 66, 50),
            (71, 67, 62, 43)]  # fmt: skip
    chords = analyze(blocks(home * 3 + away * 3 + home * 3)).chords
    keys = {chord.start // 24: chord.key for chord in chords}
    assert keys[0] == Key(0, "major") and keys[max(keys)] == Key(0, "major")
    middle = [chord for chord in chords if 12 * 24 <= chord.start < 28 * 24]
    assert Key(7, "major") in {chord.key for chord in middle}


def test_broken_chords_are_chords() -> None:
    bars = ["60:12 64 67 72 67 64 60 64", "60:12 65 69 72 69 65 60 65", "59:12 62 67 71 67 62 59 65"]
    found = romans(lines(" ".join([*bars, bars[0]])))
    assert found[0] == "I" and found[1].startswith("IV") and found[2].startswith("V") and found[-1] == "I"


def test_one_line_of_steps_is_no_chord() -> None:
    assert romans(lines("60:96 62 64 65 67 69 71 72")) == []


def test_the_chorale_reads_as_a_musician_reads_it() -> None:
    found = analyze(aus_meines_herzens_grunde()).chords
    chords = {chord.start // 24: chord for chord in found if chord.start % 24 == 0}
    expected = {
        0: ("I", "G"), 2: ("IV6", "C/E"), 4: ("I", "G"), 5: ("V", "D"), 6: ("vi", "Em"), 7: ("IV", "C"),
        10: ("V", "D"), 12: ("I", "G"), 13: ("V6", "D/F♯"), 15: ("viio6", "F♯dim/A"), 16: ("I6", "G/B"),
        17: ("ii65", "Am7/C"), 19: ("I", "G"), 28: ("V", "D"), 30: ("vi", "Em"), 39: ("V7/IV", "G7"),
        40: ("IV", "C"), 45: ("viio6", "F♯dim/A"), 49: ("vi", "Em"), 59: ("ii65", "Am7/C"),
        60: ("V", "D"), 61: ("I", "G"),
    }  # fmt: skip
    assert {beat: (chords[beat].roman, chords[beat].name) for beat in expected} == expected
    assert {chord.key for chord in chords.values()} == {Key(7, "major")}


@pytest.mark.parametrize("semitones", [-6, -1, 1, 5])
def test_numerals_do_not_depend_on_the_key(semitones: int) -> None:
    score = aus_meines_herzens_grunde()
    assert romans(score.transposed(semitones)) == romans(score)


def test_chords_follow_each_other_without_overlap() -> None:
    chords = analyze(aus_meines_herzens_grunde()).chords
    assert all(before.end == after.start for before, after in pairwise(chords))
    assert all(chord.start < chord.end for chord in chords)
    assert all((one.roman, one.key) != (two.roman, two.key) for one, two in pairwise(chords))


@pytest.mark.parametrize("mode", MODES)
def test_no_two_functions_are_the_same_chord(mode: Mode) -> None:
    own = functions(mode)
    assert len({(one.semitones, one.quality) for one in own}) == len(own)
    assert transitions(mode).shape == (len(own), len(own))


@pytest.mark.parametrize(
    ("mode", "numeral", "inversion", "roman", "name"),
    [
        ("major", "V", 1, "V6", "B♭/D"),
        ("major", "viio/V", 0, "viio/V", "Adim"),
        ("minor", "viio", 1, "viio6", "Ddim/F"),
        ("minor", "♭II", 1, "♭II6", "F♭/A♭"),
    ],
)
def test_numerals_and_names_are_spelled_by_the_key(
    mode: Mode, numeral: str, inversion: int, roman: str, name: str
) -> None:
    one = function(mode, numeral)
    assert (roman_of(one, inversion), name_of(Key(3, mode), one, inversion)) == (roman, name)


def test_figures_stand_before_the_slash() -> None:
    own = {(one.semitones, one.quality): one for one in functions("major")}
    assert [roman_of(own[2, DOM7], inversion) for inversion in range(4)] == [
        "V7/V",
        "V65/V",
        "V43/V",
        "V42/V",
    ]
    assert roman_of(own[6, DIM7], 1) == "viio65/V"


def test_a_german_sixth_has_the_lowered_sixth_in_the_bass() -> None:
    own = function("minor", GERMAN)
    assert [roman_of(own, inversion) for inversion in (0, 1, 2, 3)] == ["Ger65", "Ger43", "Ger42", "Ger7"]


def test_a_chord_outside_the_key_is_named_for_what_it_is() -> None:
    strange = [(73, 70, 66, 54), (73, 70, 66, 54)]
    home = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)]
    chords = analyze(blocks(home * 3 + strange + home * 3)).chords
    assert "F♯" in {chord.name for chord in chords} | {chord.name.replace("G♭", "F♯") for chord in chords}


def pitch_classes(chord: Chord) -> set[int]:
    return {(chord.root + one) % 12 for one in QUALITIES[chord.quality].members}


def test_a_chord_is_made_of_what_sounds() -> None:
    score = aus_meines_herzens_grunde()
    for chord in analyze(score).chords:
        heard: dict[int, int] = {}
        for _, note in score.notes():
            ticks = min(note.end, chord.end) - max(note.start, chord.start)
            if ticks > 0:
                heard[note.pitch % 12] = heard.get(note.pitch % 12, 0) + ticks
        inside = sum(ticks for tone, ticks in heard.items() if tone in pitch_classes(chord))
        assert inside >= 0.5 * sum(heard.values())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tonic", [0, 4, 9])
def test_another_library_reads_our_numerals_as_the_same_notes(mode: Mode, tonic: int) -> None:
    """Music21, written by others, builds from "V65/V" in C major exactly our pitches and our bass."""
    music21 = pytest.importorskip("music21")
    key = music21.key.Key(music21.pitch.Pitch(tonic).name, mode)
    for one in functions(mode):
        quality = QUALITIES[one.quality]
        if quality.suffix == "sus4" or one.numeral == GERMAN:
            continue
        for inversion, member in enumerate(quality.members):
            theirs = music21.roman.RomanNumeral(roman_of(one, inversion).replace("♭", "b"), key)
            ours = {(tonic + one.semitones + interval) % 12 for interval in quality.members}
            assert {pitch.pitchClass for pitch in theirs.pitches} == ours, roman_of(one, inversion)
            assert theirs.bass().pitchClass == (tonic + one.semitones + member) % 12
            name = theirs.root().name.replace("-", "♭").replace("#", "♯")
            if tonic != 4 or mode == "major":
                assert name_of(Key(tonic, mode), one, 0) == name + quality.suffix


def test_drums_have_no_chords() -> None:
    drums = part_of("Drums", [Note(at * 24, 36 + at % 3 * 4, 24) for at in range(16)], drums=True)
    assert romans(Score((drums,))) == []
