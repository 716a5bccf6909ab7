"""WAV files: what `wave` reads, and the words inside."""

import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.music.made_pieces import RECIPE
from worker.music.wav import recipe_in_wav, write_wav

SOUND = np.arange(-6, 6, dtype=np.int16).reshape(6, 2) * 1000


@pytest.mark.parametrize("title", ["", "odd", "even", "Chorale ♭"])
@pytest.mark.parametrize("recipe", [None, {}, {"a": 1}, {"a": 12}, RECIPE])
def test_wave_reads_what_was_written(title: str, recipe: dict[str, object] | None) -> None:
    data = write_wav(SOUND, 32000, title, recipe)
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (2, 2, 32000, 6)
        assert (np.frombuffer(file.readframes(6), "<i2").reshape(6, 2) == SOUND).all()
    assert recipe_in_wav(data) == recipe
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert len(data) % 2 == 0


def test_the_words_stand_before_the_sound_as_other_programs_want_them() -> None:
    data = write_wav(SOUND, 32000, "Name", {"a": 1})
    info = data.index(b"LIST")
    assert info < data.index(b"data")
    assert data[info + 8 :].startswith(b'INFOINAM\x05\0\0\0Name\0\0ICMT\x10\0\0\0atelier:{"a":1}\0')


def test_one_channel_works_too() -> None:
    with wave.open(io.BytesIO(write_wav(SOUND[:, :1], 8000))) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 6)


def test_a_comment_of_another_program_is_no_recipe() -> None:
    data = write_wav(SOUND, 32000, "x", {"a": 1})
    assert recipe_in_wav(data.replace(b"atelier:", b"another:")) is None
    assert recipe_in_wav(data.replace(b'{"a":1}', b'["a",1]')) is None
    assert recipe_in_wav(data.replace(b'{"a":1}', b'{"a":1]')) is None
    assert recipe_in_wav(b"RIFX" + data[4:]) is None


@settings(max_examples=150)
@given(st.binary(max_size=120), st.integers(0, 200))
def test_broken_files_have_no_recipe(noise: bytes, cut: int) -> None:
    assert recipe_in_wav(noise) is None
    data = write_wav(SOUND, 32000, "Name", RECIPE)
    assert recipe_in_wav(data[:cut]) in (None, RECIPE)
    recipe_in_wav(data[:12] + noise + data[12:])
    recipe_in_wav(data[: 12 + cut] + noise)
