"""Music as it is compared: what transposing does not change, motifs, and facts for proposals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.families.music_rnn.support import band, chorale
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.motifs import motifs_of
from worker.families.muse.pieces import motifs_of as patterns_of
from worker.families.muse.pieces import traits_of
from worker.families.muse.traits import Real
from worker.music.score import SIXTEENTH, Note, Score, part_of


def melody(pitches: list[int], lengths: list[int]) -> list[Note]:
    at, found = 0, []
    for pitch, length in zip(pitches, lengths, strict=True):
        found.append(Note(at, pitch, length * SIXTEENTH))
        at += length * SIXTEENTH
    return found


def test_a_pattern_that_comes_back_is_a_motif() -> None:
    turn = [60, 62, 64, 60, 60]
    found = patterns_of(melody([*turn, *turn, *turn], [4, 4, 4, 4, 8] * 3))
    assert "steps +2 +2 -4 0" in found
    assert any(one.startswith("rhythm") and "8" in one for one in found)


def test_standing_still_is_no_motif() -> None:
    assert patterns_of(melody([60] * 20, [4] * 20)) == ()
    assert patterns_of([]) == ()


def test_a_motif_is_the_same_at_any_pitch() -> None:
    low = melody([60, 62, 64, 65, 64, 62, 60, 62, 64, 65, 64, 62], [4, 2, 2, 4, 4, 8] * 2)
    high = [Note(note.start, note.pitch + 7, note.duration) for note in low]
    assert patterns_of(low) == patterns_of(high)


@settings(max_examples=15)
@given(st.integers(0, 50), st.integers(-5, 5))
def test_transposing_moves_a_piece_little(seed: int, semitones: int) -> None:
    piece = chorale(4, seed)
    here, there = (traits_of(one).vector for one in (piece, piece.transposed(semitones)))
    other = traits_of(chorale(4, seed + 100)).vector
    shares = slice(0, 12 + 17 + 17 + 8 + 4)
    assert apart(here[shares], there[shares]) <= apart(here[shares], other[shares])


def apart(one: Real, other: Real) -> float:
    return float(np.linalg.norm(one - other))


@pytest.mark.parametrize("score", [Score(()), band(), chorale(1)], ids=["empty", "band", "short"])
def test_any_piece_has_traits(score: Score) -> None:
    traits = traits_of(score)
    assert np.isfinite(traits.vector).all() and traits.vector.dtype == np.float32
    assert traits.colours == ()
    assert set(traits.facts) == {"voices", "bars", "bar", "low", "high"}


def test_facts_are_those_of_the_piece() -> None:
    facts = traits_of(chorale(4, pickup=24)).facts
    assert (facts["voices"], facts["bars"], facts["bar"]) == (4, 4, 96)
    assert facts["low"] < facts["high"]
    assert traits_of(band()).facts["voices"] == 0


def test_one_track_or_four_is_the_same_music() -> None:
    piece = chorale(4, 3, rests=0.0)
    merged = Score((part_of("Piano", [note for _, note in piece.notes()]),), piece.tempo, piece.meter)
    assert apart(traits_of(piece).vector, traits_of(merged).vector) < 3.0


def test_words_are_key_mood_and_title() -> None:
    words = traits_of(chorale(4, 2)).words
    assert words[0] == "Chorale 2"
    assert any("major" in word or "minor" in word for word in words)


def test_shared_labels_must_be_more_frequent_than_usual(pictures: LoadedMuse) -> None:
    index = pictures.index
    mixed = motifs_of(index, [0, 1, 2, 3])
    assert not any("labelled" in one.text for one in mixed), "half and half, as everywhere"
    dusk = motifs_of(index, [0, 2, 4, 6])
    assert dusk[0].text == "4 of 4 are labelled kind dusk, in the whole collection 12 of 24."
    assert dusk[0].places == (0, 2, 4, 6)


def test_shared_colours_are_seen(pictures: LoadedMuse) -> None:
    found = [one for one in motifs_of(pictures.index, [0, 2, 4]) if "share a colour" in one.text]
    assert found and found[0].text.startswith("3 of 3")


def test_one_work_shares_nothing(pictures: LoadedMuse) -> None:
    assert motifs_of(pictures.index, [5]) == []
    assert motifs_of(pictures.index, []) == []
