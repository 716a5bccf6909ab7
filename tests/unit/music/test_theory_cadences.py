"""Cadences of each kind at phrase ends, phrase ends where music rests, none where it runs on."""

from __future__ import annotations

import pytest

from tests.unit.music.theory_pieces import aus_meines_herzens_grunde, blocks, lines
from worker.music.score import TICKS, Key, Note, Score, part_of
from worker.music.theory import analyze
from worker.music.theory.cadences import DECEPTIVE, HALF, IMPERFECT, PERFECT, PLAGAL, Cadence
from worker.music.theory.frames import notes_of
from worker.music.theory.phrases import moments_of, phrase_ends

Chord4 = tuple[int, int, int, int]
#: A phrase in C major that sets the key; its last two chords are replaced.
OPENING: list[Chord4] = [
    (72, 67, 64, 48),
    (72, 69, 65, 53),
    (74, 67, 59, 55),
    (72, 67, 64, 48),
    (72, 69, 62, 53),
    (72, 67, 64, 55),
]
TONIC: Chord4 = (72, 67, 64, 48)
DOMINANT: Chord4 = (71, 67, 62, 55)


def phrase(*close: Chord4, last: int = 48) -> Score:
    """The opening twice with a full close between, then the close, whose last chord is held."""
    chords = [*OPENING, DOMINANT, TONIC, *OPENING, *close]
    voices = []
    for voice in zip(*chords, strict=True):
        words = [f"{pitch}:24" for pitch in voice]
        words[7] = f"{voice[7]}:48"
        words[-1] = f"{voice[-1]}:{last}"
        voices.append(" ".join(words))
    return lines(*voices)


def last_cadence(score: Score) -> Cadence:
    return analyze(score).cadences[-1]


@pytest.mark.parametrize(
    ("close", "kind"),
    [
        ((DOMINANT, TONIC), PERFECT),
        ((DOMINANT, (76, 67, 60, 48)), IMPERFECT),
        (((74, 67, 65, 47), TONIC), IMPERFECT),
        (((72, 69, 65, 53), DOMINANT), HALF),
        (((72, 69, 65, 53), TONIC), PLAGAL),
        ((DOMINANT, (72, 64, 60, 57)), DECEPTIVE),
    ],
)
def test_each_kind_of_close(close: tuple[Chord4, ...], kind: str) -> None:
    score = phrase(*close)
    cadence = last_cadence(score)
    assert cadence.kind == kind
    assert cadence.key == Key(0, "major")
    assert cadence.tick == 16 * TICKS == score.end - 48


@pytest.mark.parametrize("semitones", [-5, 2, 6])
def test_a_close_is_the_same_in_each_key(semitones: int) -> None:
    cadence = last_cadence(phrase(DOMINANT, TONIC).transposed(semitones))
    assert (cadence.kind, cadence.key) == (PERFECT, Key(semitones % 12, "major"))
    assert cadence.romans == "V – I"


def test_the_sentence_names_chords_and_key() -> None:
    assert last_cadence(phrase(DOMINANT, TONIC)).text.startswith("V – I in C major: a full close")


def test_the_phrases_of_the_chorale_close_as_bach_closes_them() -> None:
    score = aus_meines_herzens_grunde()
    found = {score.bar_of(one.tick): one.kind for one in analyze(score).cadences}
    expected = {4: HALF, 7: PERFECT, 10: HALF, 18: HALF, 21: PERFECT}
    assert {bar: found.get(bar) for bar in expected} == expected
    assert len(found) <= 8


def test_a_chord_reached_from_its_own_dominant_is_a_close_in_its_key() -> None:
    score = aus_meines_herzens_grunde()
    close = next(one for one in analyze(score).cadences if score.bar_of(one.tick) == 14)
    assert close.key == Key(0, "major")
    assert close.romans == "V7 – I"


def test_a_piece_that_never_rests_closes_only_at_its_end() -> None:
    score = blocks([(72, 67, 64, 48), (71, 67, 62, 55)] * 12, 12)
    assert all(one.tick >= score.end - 24 for one in analyze(score).cadences)


def test_a_rest_ends_a_phrase() -> None:
    without = lines("72 71 72 74 76 74 72 71 72 74 72 71:24 72", "60 59 60 59 60 59 57 55 57 59 57 55 60")
    rested = lines(
        "72 71 72 74 76 74 72:24 .:48 71:24 72 74 72 71:24 72",
        "60 59 60 59 60 59 60:24 .:48 55:24 57 59 57 55 60",
    )
    assert 6 * 24 in phrase_ends(rested, notes_of(rested), [])
    assert 6 * 24 not in phrase_ends(without, notes_of(without), [])


def test_the_last_chord_always_ends_a_phrase() -> None:
    score = aus_meines_herzens_grunde()
    ends = phrase_ends(score, notes_of(score), list(analyze(score).chords))
    assert ends[-1] == score.end - 48
    assert ends == sorted(set(ends))


def test_no_notes_no_phrases() -> None:
    assert phrase_ends(Score(()), notes_of(Score(())), []) == []
    assert moments_of(notes_of(Score(()))).start.tolist() == []


def test_one_note_is_one_phrase_and_no_cadence() -> None:
    score = Score((part_of("One", [Note(0, 60, 24)]),))
    assert phrase_ends(score, notes_of(score), []) == [0]
    assert analyze(score).cadences == ()


def test_moments_know_the_top_and_what_is_still_sounding() -> None:
    moments = moments_of(notes_of(lines("72:48 74:24", "60:24 62:24 64:24")))
    assert moments.start.tolist() == [0, 24, 48]
    assert moments.top.tolist() == [72, 72, 74]
    assert moments.sung.tolist() == [True, False, True]
    assert moments.silent.tolist() == [48, 48, 72]
