"""The chord at which a composition begins, and the note on which it ends."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.families.music_rnn.support import VOICES
from worker.families.music_rnn.composing import FREE
from worker.families.music_rnn.framing import ENDING, SHORTEST, framed, opening
from worker.families.music_rnn.voices_layout import FIRST_PITCH, HOLD
from worker.music.score import Key

#: Soprano, alto, tenor, bass as Bach uses them.
RANGES = ((60, 81), (53, 74), (48, 69), (36, 64))
KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(("major", "minor")))


def source(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(KEYS, st.integers(0, 100))
def test_an_opening_is_a_whole_triad_over_its_keynote(key: Key, seed: int) -> None:
    chord = opening(RANGES, key, source(seed))
    third = 3 if key.mode == "minor" else 4
    classes = [(pitch - key.tonic) % 12 for pitch in chord]
    assert set(classes) == {0, third, 7} and classes.count(third) == 1 and classes[-1] == 0
    assert all(low <= pitch <= high for pitch, (low, high) in zip(chord, RANGES, strict=True))
    assert list(chord) == sorted(set(chord), reverse=True)


@given(KEYS)
def test_openings_differ_and_upper_voices_stay_together(key: Key) -> None:
    chords = {opening(RANGES, key, source(seed)) for seed in range(40)}
    assert len(chords) > 1
    for chord in chords:
        assert chord[0] - chord[1] <= 12 and chord[1] - chord[2] <= 12


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_voices_can_open(count: int) -> None:
    chord = opening(RANGES[-count:], Key(2, "major"), source())
    assert len(chord) == count and chord[-1] % 12 == 2


def test_where_no_voicing_fits_there_is_none() -> None:
    assert opening(((60, 61), (58, 59), (56, 57), (54, 55)), Key(0, "major"), source()) == ()


def test_a_frame_is_one_chord_and_one_last_note() -> None:
    free = torch.full((64, 4), FREE)
    found = framed(free, VOICES, RANGES, Key(5, "minor"), source(3))
    assert (free == FREE).all(), "what was handed over stays as it is"
    chord = tuple((found[0] - FIRST_PITCH + VOICES.low).tolist())
    assert chord == opening(RANGES, Key(5, "minor"), source(3))
    assert found[-ENDING, -1] == found[0, -1], "the last bass note is the first"
    assert (found[-ENDING + 1 :, -1] == HOLD).all()
    assert int((found != FREE).sum()) == 4 + ENDING


@pytest.mark.parametrize("steps", [1, SHORTEST - 1])
def test_what_is_too_short_is_left_alone(steps: int) -> None:
    free = torch.full((steps, 4), FREE)
    assert torch.equal(framed(free, VOICES, RANGES, Key(0, "major"), source()), free)


def test_a_chord_out_of_the_layouts_range_is_not_given() -> None:
    free = torch.full((64, 4), FREE)
    high = tuple((low + 48, top + 40) for low, top in RANGES)
    assert torch.equal(framed(free, VOICES, high, Key(0, "major"), source()), free)


def test_many_wide_voices_take_no_time() -> None:
    # Eight voices over five octaves: some billions of chords, most of which are none.
    began = time.process_time()
    chord = opening(((36, 96),) * 8, Key(2, "major"), source())
    assert len(chord) == 8 and time.process_time() - began < 5.0
