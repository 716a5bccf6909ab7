"""The sound font as its specification reads it, and what the sampler makes of a zone."""

import numpy as np
import pytest

from worker.music.sampler import Voice, panned, voices
from worker.music.soundfont import Envelope, SoundFont, Zone, general_midi

RATE = 32000
STILL = Envelope(0.0001, 0.0001, 0.0001, 0.0001, 0.0, 0.01)


def sine_zone(**changes: object) -> Zone:
    """A looped sine of 441 Hz at 44.1 kHz, called A4, without an envelope or a filter."""
    wave = np.sin(2 * np.pi * np.arange(1000) / 100).astype(np.float32)
    values: dict[str, object] = {
        "keys": (0, 127), "samples": wave, "rate": 44100.0, "loop": (400, 900), "root": 69.0, "scale": 1.0,
        "gain": 1.0, "pan": 0.0, "volume": STILL, "timbre": STILL, "cutoff": 13500.0, "sweep": 0.0,
        "resonance": 0.0, "vibrato": (0.0, 5.0, 0.0),
    }  # fmt: skip
    return Zone(**(values | changes))  # type: ignore[arg-type]


def one(zone: Zone, key: int = 69, frames: int = RATE) -> Voice:
    """The single voice of a zone."""
    (voice,) = voices([zone], key, frames, RATE)
    return voice


def hertz(sound: np.ndarray) -> float:
    """The frequency of a sine by its crossings of zero, to a part in ten thousand."""
    rising = np.flatnonzero((sound[:-1] < 0) & (sound[1:] >= 0))
    exact = rising - sound[rising] / (sound[rising + 1] - sound[rising])
    return float(RATE * (len(exact) - 1) / (exact[-1] - exact[0]))


@pytest.mark.parametrize("key", [45, 57, 62, 69, 70, 81])
def test_a_looped_sine_stays_a_sine_of_the_right_pitch(key: int) -> None:
    body = one(sine_zone(), key).body[200:30000].astype(float)
    wanted = 441 * 2 ** ((key - 69) / 12)
    assert hertz(body) == pytest.approx(wanted, rel=1e-4)
    # Through the seams of the loop too: the distance to a fitted sine is 50 dB down.
    phase = 2 * np.pi * wanted * np.arange(len(body)) / RATE
    basis = np.stack([np.sin(phase), np.cos(phase)], 1)
    rest = body - basis @ np.linalg.lstsq(basis, body, rcond=None)[0]
    assert np.sqrt((rest**2).mean()) < 0.004
    assert np.abs(body).max() == pytest.approx(1.0, abs=0.02)


def test_tuning_and_keys_that_share_a_pitch() -> None:
    assert hertz(one(sine_zone(root=68.5)).body[200:20000]) == pytest.approx(441 * 2 ** (0.5 / 12), rel=1e-4)
    fixed = sine_zone(scale=0.0, root=60.0)
    assert hertz(one(fixed, 40).body[200:20000]) == pytest.approx(
        hertz(one(fixed, 90).body[200:20000]), rel=1e-6
    )


def test_a_zone_sounds_at_its_keys_only() -> None:
    low, high = sine_zone(keys=(40, 60)), sine_zone(keys=(60, 72), gain=0.5)
    assert [len(voices([low, high], key, 100, RATE)) for key in (59, 60, 61)] == [1, 2, 1]
    assert one(low, 50).left == 2 * voices([low, high], 61, 100, RATE)[0].left


def test_beyond_all_zones_the_nearest_sounds_at_the_right_pitch() -> None:
    low, high = sine_zone(keys=(40, 44)), sine_zone(keys=(60, 72), gain=0.5)
    (voice,) = voices([low, high], 50, RATE, RATE)
    assert voice.left == one(low).left
    assert hertz(voice.body[200:20000]) == pytest.approx(441 * 2 ** ((50 - 69) / 12), rel=1e-4)
    assert voices([], 60, 100, RATE) == []


def test_what_the_rate_cannot_hold_is_left_out() -> None:
    # Five octaves up a sine of 441 Hz lies at 14.1 kHz, six at 28 kHz: nothing is mirrored back down.
    assert np.abs(one(sine_zone(root=9.0)).body[500:20000]).max() > 0.5
    assert np.abs(one(sine_zone(root=-3.0)).body[500:20000]).max() < 0.02


def test_a_sample_without_a_loop_ends() -> None:
    body = one(sine_zone(loop=None)).body
    length = 1000 * RATE // 44100
    assert np.abs(body[: length - 10]).max() > 0.9
    assert np.abs(body[length + 60 :]).max() < 0.01


def test_the_filter_halves_what_lies_an_octave_above_twice() -> None:
    def peak(cutoff_hertz: float, resonance: float = 0.0) -> float:
        cents = 1200 * np.log2(cutoff_hertz / 8.176)
        return float(np.abs(one(sine_zone(cutoff=cents, resonance=resonance)).body[5000:20000]).max())

    assert peak(4410) == pytest.approx(1.0, abs=0.03)
    assert 20 * np.log10(peak(441)) == pytest.approx(-3.0, abs=0.3)
    assert 20 * np.log10(peak(441 / 4)) == pytest.approx(-24.0, abs=1.0)
    assert 20 * np.log10(peak(441, resonance=12.0)) == pytest.approx(9.0, abs=0.5)


def test_a_sweep_closes_the_filter_as_time_goes_on() -> None:
    timbre = Envelope(0.0001, 0.0001, 0.0001, 0.5, 1000.0, 0.1)
    low = 1200 * np.log2(110 / 8.176)
    body = np.abs(one(sine_zone(cutoff=low, sweep=4800.0, timbre=timbre)).body)
    assert body[:500].max() > 0.9
    assert 0.3 < body[7800:8200].max() < 0.7
    assert body[20000:].max() < 0.1


def test_vibrato_swings_around_the_pitch() -> None:
    plain, swung = one(sine_zone()).body, one(sine_zone(vibrato=(50.0, 5.0, 0.2))).body
    assert np.allclose(plain[: RATE // 5], swung[: RATE // 5], atol=1e-5)
    slow = [hertz(swung[at : at + 640]) for at in range(RATE // 4, RATE, 640)]
    assert max(slow) / min(slow) == pytest.approx(2 ** (100 / 1200), rel=0.02)


def test_the_envelope_rises_falls_and_lets_go() -> None:
    shape = Envelope(0.1, 0.1, 0.1, 1.0, 400.0, 1.0)
    voice = one(sine_zone(volume=shape))
    level = voice.level
    assert np.abs(level[: RATE // 10]).max() < 1e-3
    assert level[round(0.15 * RATE)] == pytest.approx(0.5, abs=0.01)
    assert level[round(0.25 * RATE)] == pytest.approx(1.0)
    # A whole fall of 100 dB in a second: 40 dB after 0.4 s, and there it stays.
    assert 20 * np.log10(level[round(0.5 * RATE)]) == pytest.approx(-20, abs=0.2)
    assert 20 * np.log10(level[-1]) == pytest.approx(-40, abs=0.1)
    assert 20 * np.log10(voice.release[round(0.3 * RATE)]) == pytest.approx(-30, abs=0.2)
    assert len(voice.release) == round(0.7 * RATE)
    assert voice.release[-1] < 1e-4


def test_notes_add_up_and_stop_at_the_end_of_the_mix() -> None:
    voice = one(sine_zone(pan=-0.5), frames=3200)
    mix = np.zeros((2, 8000), np.float32)
    voice.add_to(mix, 1000, 3200, (0.5, 0.5))
    assert np.abs(mix[0, :1000]).max() == 0
    assert np.abs(mix[0, 2000:4000]).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(mix[1]).max() < 1e-6
    before = mix.copy()
    voice.add_to(mix, 1000, 3200, (0.5, 0.5))
    assert np.allclose(mix, 2 * before)
    voice.add_to(mix, 7990, 3200, (1.0, 1.0))
    assert np.abs(mix[0, 7990:]).max() > 0
    short = np.zeros((2, 8000), np.float32)
    voice.add_to(short, 0, 5, (1.0, 1.0))
    assert np.abs(short[0, 5 + len(voice.release) :]).max() == 0


@pytest.mark.parametrize("pan", [-0.5, -0.2, 0.0, 0.3, 0.5])
def test_every_place_is_equally_loud(pan: float) -> None:
    left, right = panned(pan)
    assert left**2 + right**2 == pytest.approx(1.0)
    assert (left > right) == (pan < 0) or pan == 0.0


@pytest.mark.parametrize("program", range(0, 128, 7))
def test_programs_sound_at_the_ends_of_the_keyboard_too(program: int) -> None:
    zones = general_midi().zones(0, program)
    for key in (0, 21, 64, 108, 127):
        found = voices(zones, key, 800, RATE)
        assert found
        assert all(np.isfinite(voice.body).all() and np.isfinite(voice.level).all() for voice in found)


def test_a_hole_in_the_font_is_heard_as_its_neighbour() -> None:
    # The alto saxophone has no E4.
    zones = general_midi().zones(0, 65)
    assert not any(zone.keys[0] <= 64 <= zone.keys[1] for zone in zones)
    assert max(np.abs(voice.body).max() for voice in voices(zones, 64, 8000, RATE)) > 0.1


def test_the_font_reads_as_its_tables_say() -> None:
    font = general_midi()
    guitar = next(zone for zone in font.zones(0, 24) if zone.keys == (0, 43))
    assert guitar.root == pytest.approx(61 - 0.12)
    assert guitar.loop == (2249, 2409)
    assert guitar.gain == pytest.approx(10 ** (-0.4 * 7.2 / 20))
    assert guitar.volume.decay == pytest.approx(2 ** (5168 / 1200))
    assert (guitar.rate, len(guitar.samples)) == (44100.0, 2417)
    left, right = (zone for zone in font.zones(0, 52) if zone.keys == (43, 49))
    assert {left.pan, right.pan} == {-0.3, 0.3}


def test_a_drum_set_that_is_not_there_is_the_standard_one() -> None:
    font = general_midi()
    assert len(font.zones(128, 77)) == len(font.zones(128, 0)) > 40


def test_the_font_is_read_once_and_the_package_never_imported() -> None:
    import subprocess
    import sys

    assert general_midi() is general_midi()
    assert isinstance(general_midi(), SoundFont)
    code = (
        "import sys; from worker.music.soundfont import general_midi; general_midi();"
        "print([name for name in ('pretty_midi', 'mido', 'symusic', 'torch') if name in sys.modules])"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60, text=True
    )
    assert other.stdout.strip() == "[]"
