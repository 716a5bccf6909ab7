"""Pieces as sound: in tune, as long and as loud as they should be, silent afterwards, always the same."""

import hashlib
import io
import subprocess
import sys
import threading
import wave
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.music.made_pieces import RECIPE, chorale, tone
from worker.music.instruments import INSTRUMENTS, Ensemble, programs_for
from worker.music.room import in_room
from worker.music.score import Note, Score, part_of
from worker.music.sound import PEAK, RATE, recipe_in_wav, render_wav

#: Frames of a note of 96 ticks at 120 quarters a minute.
NOTE = 2 * RATE


def sound_of(data: bytes) -> NDArray[np.float64]:
    """The sound of a file as (frames, channels) from -1 to 1."""
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        frames = file.readframes(file.getnframes())
    return np.frombuffer(frames, "<i2").reshape(-1, 2) / 32768


def energies(sound: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Frequencies in hertz and the size of the spectrum of both channels together."""
    mono = sound.mean(1) * np.hanning(len(sound))
    size = 1 << 18
    return np.fft.rfftfreq(size, 1 / RATE), np.abs(np.fft.rfft(mono, size))


def cents_off(sound: NDArray[np.float64], hertz: float) -> float:
    """How far the strongest partial within a semitone of ``hertz`` lies from it."""
    at, size = energies(sound)
    near = (at > hertz * 0.944) & (at < hertz * 1.059)
    return float(1200 * np.log2(at[near][size[near].argmax()] / hertz))


def share_of_partials(sound: NDArray[np.float64], hertz: float) -> float:
    """The share of the sound's energy within 3 % of a multiple of ``hertz``."""
    at, size = energies(sound)
    distance = np.abs(at / hertz - np.maximum(1, np.round(at / hertz)))
    return float((size[distance < 0.03] ** 2).sum() / (size**2).sum())


@pytest.mark.parametrize("program", [0, 6, 10, 19, 24, 40, 41, 42, 48, 52, 56, 57, 58, 60, 68, 70, 71, 73])
def test_an_a_is_an_a_on_every_instrument(program: int) -> None:
    sound = sound_of(render_wav(tone(69, program)))[RATE // 10 : NOTE]
    # Within 1 % is 17 cents.
    assert abs(cents_off(sound, 440.0)) < 15
    assert share_of_partials(sound, 440.0) > 0.8


@pytest.mark.parametrize("program", [0, 6, 24, 40, 42, 71])
@pytest.mark.parametrize("pitch", [43, 50, 57, 64, 76])
def test_low_and_high_notes_are_in_tune(program: int, pitch: int) -> None:
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    sound = sound_of(render_wav(tone(pitch, program)))[RATE // 10 : NOTE]
    assert share_of_partials(sound, hertz) > 0.7
    at, size = energies(sound)
    strongest = at[size.argmax()] / hertz
    assert abs(1200 * np.log2(strongest / round(strongest))) < 15


@pytest.mark.parametrize("pitch", [43, 50, 57, 64, 76])
def test_organs_add_an_octave_and_choirs_waver(pitch: int) -> None:
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    organ = sound_of(render_wav(tone(pitch, 19)))[RATE // 10 : NOTE]
    assert share_of_partials(organ, hertz / 2) > 0.75
    choir = sound_of(render_wav(tone(pitch, 52)))[RATE // 10 : NOTE]
    assert abs(cents_off(choir, hertz)) < 40
    at, size = energies(choir)
    around = np.abs(at / hertz - np.round(at / hertz)) < 0.12
    assert (size[around] ** 2).sum() > 0.85 * (size**2).sum()


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_loudness_length_and_silence(name: str) -> None:
    score = chorale(bars=2)
    sound = sound_of(render_wav(score, programs=programs_for(score, name)))
    assert len(sound) == round((score.seconds + 1) * RATE)
    assert np.abs(sound).max() == pytest.approx(PEAK, abs=2e-4)
    body = sound[round(0.75 * RATE) : round(score.seconds * RATE)]
    loud = 20 * np.log10(np.sqrt((body**2).mean()))
    assert -26 < loud < -10
    # A music box rings on for seconds: it is let go, 26 dB down. All others have died away by themselves.
    assert np.sqrt((sound[-RATE // 20 :] ** 2).mean()) < (0.05 if name == "music_box" else 0.02) * np.sqrt(
        (body**2).mean()
    )
    assert np.abs(sound[-8:]).max() < 1e-3
    # Both ears hear about as much.
    left, right = np.sqrt((body**2).mean(0))
    assert 0.6 < left / right < 1.6


def test_rests_are_silent_and_notes_are_where_they_belong() -> None:
    score = Score((part_of("p", [Note(0, 72, 6), Note(192, 72, 6)], 0),))
    sound = np.abs(sound_of(render_wav(score))).max(1)
    second = round(4.0 * RATE)
    assert sound[second - RATE : second - 10].max() < 0.01
    assert sound[second : second + RATE // 20].max() > 0.3
    assert sound[: RATE // 20].max() > 0.3


def test_no_click_where_a_note_ends() -> None:
    sound = sound_of(render_wav(tone(57, 19))).mean(1)
    inside = np.abs(np.diff(sound[RATE : NOTE - 100])).max()
    around = np.abs(np.diff(sound[NOTE - 100 : NOTE + RATE // 4])).max()
    assert around < inside * 1.2


def test_no_click_where_a_sample_loops() -> None:
    # Sine-like flute: the curve has no corner that the loop's seam would make.
    sound = sound_of(render_wav(tone(72, 73, ticks=240))).mean(1)[RATE // 2 : 4 * RATE]
    bend = np.abs(np.diff(sound, 2))
    assert bend.max() < 6 * np.sqrt((bend**2).mean())


def test_velocity_is_loudness() -> None:
    notes = [Note(0, 60, 24, 120), Note(96, 60, 24, 60)]
    sound = np.abs(sound_of(render_wav(Score((part_of("p", notes, 0),)))))
    loud, soft = sound[: RATE // 2].max(), sound[2 * RATE : 2 * RATE + RATE // 2].max()
    # Half the velocity is a quarter of the sound; the room adds a little to both.
    assert loud / soft == pytest.approx(4.0, rel=0.1)


def test_parts_stand_from_left_to_right_and_drums_in_the_middle() -> None:
    def balance(place: int, *, drums: bool = False) -> float:
        parts = [part_of("a", []), part_of("b", []), part_of("c", [], drums=drums)]
        parts[place] = replace(parts[place], notes=(Note(0, 60, 48),))
        left, right = np.sqrt((sound_of(render_wav(Score(tuple(parts)))) ** 2).mean(0))
        return float(np.log2(right / left))

    assert balance(0) < balance(1) - 0.2 < balance(2) - 0.4
    assert balance(2, drums=True) == pytest.approx(balance(1), abs=0.6)


def test_drums_have_no_pitch_and_different_sounds() -> None:
    kick = sound_of(render_wav(Score((part_of("d", [Note(0, 36, 12)], drums=True),))))
    hat = sound_of(render_wav(Score((part_of("d", [Note(0, 42, 12)], drums=True),))))

    def middle(sound: NDArray[np.float64]) -> float:
        at, size = energies(sound[: RATE // 2])
        return float((at * size**2).sum() / (size**2).sum())

    assert middle(kick) < 400 < 2000 < middle(hat)


def test_programs_take_the_place_of_those_written() -> None:
    score = chorale(bars=1)
    assert render_wav(score) == render_wav(score, programs=[52] * 4)
    assert render_wav(score) != render_wav(score, programs=[52, 52, 52, 19])
    with pytest.raises(ValueError, match="zip"):
        render_wav(score, programs=[0, 0])


def test_the_same_bytes_in_threads_at_once_and_in_another_process() -> None:
    score = chorale(bars=1)
    wanted = render_wav(score, recipe=RECIPE)
    found: dict[int, bytes] = {}

    def render(place: int) -> None:
        found[place] = render_wav(score, recipe=RECIPE)

    threads = [threading.Thread(target=render, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[place] == wanted for place in range(3)] == [True] * 3
    code = (
        "from tests.unit.music.made_pieces import chorale, RECIPE; from worker.music.sound import render_wav;"
        "import hashlib; print(hashlib.sha256(render_wav(chorale(bars=1), recipe=RECIPE)).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60, text=True
    )
    assert other.stdout.strip() == hashlib.sha256(wanted).hexdigest()


def test_the_recipe_is_in_the_file_and_changes_no_sound() -> None:
    score = chorale(bars=1)
    plain, full = render_wav(score), render_wav(score, recipe=RECIPE)
    assert recipe_in_wav(full) == RECIPE
    assert recipe_in_wav(plain) is None
    assert (sound_of(plain) == sound_of(full)).all()


def test_long_pieces_are_cut_and_still_end_in_silence() -> None:
    score = tone(60, 19, ticks=24 * 60)
    sound = sound_of(render_wav(score, longest=2.0))
    assert len(sound) == 2 * RATE
    assert np.abs(sound[RATE]).max() > 0.01
    assert np.abs(sound[-2:]).max() < 1e-3
    late = Score((part_of("p", [Note(0, 60, 24), Note(24 * 100, 60, 24)]),))
    assert len(sound_of(render_wav(late, longest=2.0))) == 2 * RATE


def test_silence_is_silence() -> None:
    sound = sound_of(render_wav(Score((part_of("p", []),))))
    assert len(sound) == RATE
    assert not sound.any()


def test_a_room_answers_late_softly_and_evenly() -> None:
    click = np.zeros((2, RATE * 3), np.float32)
    click[:, 60_000] = 1.0
    heard = in_room(click, RATE) - click
    assert not np.abs(heard[:, :60_000]).max() > 1e-6
    assert np.abs(heard[:, 60_000 : 60_000 + RATE // 100]).max() < 0.05
    energy = (heard**2).sum(1)
    assert energy[0] == pytest.approx(energy[1], rel=0.05)
    assert energy[0] == pytest.approx(0.35**2, rel=0.05)
    assert (heard[:, 60_000 + RATE :] ** 2).sum() < 1e-8
    # Blocks leave no seam: a click anywhere gives the same answer.
    moved = np.roll(click, -40_000, axis=1)
    assert np.allclose(np.roll(in_room(moved, RATE), 40_000, axis=1), click + heard, atol=1e-5)


@pytest.mark.parametrize(
    ("count", "programs"),
    [
        (0, ()),
        (1, (40,)),
        (2, (40, 42)),
        (3, (40, 41, 42)),
        (4, (40, 40, 41, 42)),
        (5, (40, 40, 41, 41, 42)),
        (6, (40, 40, 40, 41, 41, 42)),
    ],
)
def test_a_quartet_spreads_over_the_parts(count: int, programs: tuple[int, ...]) -> None:
    assert INSTRUMENTS["strings"].programs(count) == programs


def test_sets_leave_drums_alone_and_know_what_is_written() -> None:
    drums = part_of("Drums", [Note(0, 36, 24)], 5, drums=True)
    score = Score((part_of("a", [], 11), drums, part_of("b", [], 12)))
    assert programs_for(score, "written") == (11, 5, 12)
    assert programs_for(score, "winds") == (73, 5, 70)
    assert Ensemble("One", (3,)).programs(9) == (3,) * 9
    with pytest.raises(KeyError):
        programs_for(score, "kazoo")


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("count", range(1, 9))
def test_every_set_serves_every_number_of_parts(name: str, count: int) -> None:
    given = INSTRUMENTS[name].programs(count)
    assert len(given) == count
    places = [INSTRUMENTS[name].line.index(program) for program in given]
    assert places == sorted(places)
    assert given[0] == INSTRUMENTS[name].line[0]
