"""The key of a piece: found in every transposition, apart from its relative, not where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.music.theory_pieces import aus_meines_herzens_grunde, blocks, lines
from worker.music.score import Key, Note, Score, part_of
from worker.music.theory.frames import frames_of, notes_of
from worker.music.theory.key import best_key, find_key, index_of, key_of, profiles

MINOR_CLOSE = [(76, 72, 69, 57), (77, 74, 69, 50), (76, 71, 68, 52), (76, 72, 69, 45)]


@pytest.mark.parametrize("semitones", range(-6, 6))
def test_a_chorale_is_in_its_key_however_it_is_transposed(semitones: int) -> None:
    found = find_key(notes_of(aus_meines_herzens_grunde().transposed(semitones)))
    assert found is not None
    assert found.key == Key((7 + semitones) % 12, "major")
    assert found.clearness == pytest.approx(0.292, abs=0.01)


@pytest.mark.parametrize("semitones", range(12))
def test_a_close_in_minor_is_minor(semitones: int) -> None:
    found = find_key(notes_of(blocks(MINOR_CLOSE).transposed(semitones - 6)))
    assert found is not None
    assert found.key == Key((9 + semitones - 6) % 12, "minor")


def test_clearness_is_small_where_two_keys_explain_the_notes() -> None:
    clear = find_key(notes_of(aus_meines_herzens_grunde()))
    vague = find_key(notes_of(lines("60 62 66 68 70 61 63 65")))
    assert clear is not None and vague is not None
    assert vague.clearness < 0.1 < clear.clearness


def test_without_pitched_notes_or_with_all_alike_there_is_no_key() -> None:
    assert find_key(notes_of(Score(()))) is None
    drums = Score((part_of("Drums", [Note(0, 36, 24)], drums=True),))
    assert find_key(notes_of(drums)) is None
    assert best_key(np.ones(12)) is None


def test_longer_notes_weigh_more() -> None:
    short = best_key(np.array([9, 0, 4, 0, 6, 3, 0, 8, 0, 2, 0, 2.0]))
    assert short is not None and short.key == Key(0, "major")
    moved = best_key(np.roll(np.array([9, 0, 4, 0, 6, 3, 0, 8, 0, 2, 0, 2.0]), 5))
    assert moved is not None and moved.key == Key(5, "major")


def test_keys_and_places_belong_together() -> None:
    assert [index_of(key_of(place)) for place in range(24)] == list(range(24))
    assert key_of(21) == Key(9, "minor")
    table = profiles()
    assert table.shape == (24, 12)
    assert table.sum(axis=1) == pytest.approx(np.ones(24))
    assert table[7].argmax() == 7 and table[21].argmax() == 9


def test_frames_weigh_what_sounds_and_know_the_bass() -> None:
    score = lines("72:24 74:24", "64:48", "60:24 59:24")
    frames = frames_of(score, notes_of(score))
    assert frames.start.tolist() == [0, 24] and frames.end.tolist() == [24, 48]
    assert frames.weights[0].nonzero()[0].tolist() == [0, 4]
    assert frames.weights[0, 0] == 48 and frames.weights[1, 4] == 24
    assert frames.bass.tolist() == [60, 59]
    assert frames.voices.tolist() == [3.0, 3.0]


def test_a_rest_between_has_no_weight_of_its_own() -> None:
    score = lines("72:24 .:24 72:24", "67:24 .:24 67:24", "48:24 .:24 50:24")
    frames = frames_of(score, notes_of(score))
    assert frames.start.tolist() == [0, 48]
    assert frames.voices.tolist() == [1.5, 3.0]
    assert frames.bass.tolist() == [48, 50]


def test_a_broken_chord_is_one_frame() -> None:
    arpeggio = lines(" ".join(["48:12 55 64 55 60 55 64 55"] * 2))
    frames = frames_of(arpeggio, notes_of(arpeggio))
    assert frames.start.tolist() == [0, 48, 96, 144]
    assert frames.weights[0].nonzero()[0].tolist() == [0, 4, 7]


def test_frames_are_never_many_and_cover_the_piece() -> None:
    score = blocks([(72, 67, 64, 48)] * 5000)
    frames = frames_of(score, notes_of(score))
    assert len(frames) <= 2000
    assert frames.weights.sum() == sum(note.duration for _, note in score.notes())
    assert (frames.start[1:] == frames.end[:-1]).all()
