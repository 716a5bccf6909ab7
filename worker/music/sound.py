"""Pieces as sound: offline, with the instruments of a General MIDI sound font, as WAV files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from worker.music.instruments import INSTRUMENTS, programs_for
from worker.music.midi_out import sounding
from worker.music.room import in_room
from worker.music.sampler import TAIL, Floats, panned, voices
from worker.music.score import TICKS, Note, Score
from worker.music.soundfont import Zone, general_midi
from worker.music.wav import recipe_in_wav, write_wav

__all__ = ["INSTRUMENTS", "RATE", "programs_for", "recipe_in_wav", "render_wav"]

#: Frames a second. A fifth of the font's samples were recorded at 22 kHz or less and few sound above 14 kHz:
#: 32 kHz keeps what there is to hear and takes 128 kB a second, 27 % less than a CD. Stereo stays, as voices
#: that stand apart are heard apart.
RATE = 32000
#: The loudest sample of a file: 3 dB below full scale.
PEAK = 10.0 ** (-3 / 20)
#: How far the first and the last part stand from the middle; 0.5 is the edge.
_SPREAD = 0.2
_DRUM_BANK = 128

#: What sounds the same but for time: bank, program, key.
_Sound = tuple[int, int, int]
#: A note to play: first frame, frames, gains of left and right.
_Event = tuple[int, int, tuple[float, float]]


def render_wav(
    score: Score,
    *,
    programs: Sequence[int] | None = None,
    recipe: Mapping[str, Any] | None = None,
    longest: float = 600.0,
) -> bytes:
    """A 16-bit stereo WAV at 32 kHz: the piece and a second for it to fade, at most ``longest`` seconds.

    ``programs`` has a General MIDI program for each part in the place of its own; drums stay drums. The same
    score gives the same bytes, in any thread: nothing is shared but the font, which nobody changes.

    Raises:
        ValueError: ``programs`` has not one for each part.
    """
    if programs is None:
        programs = [part.program for part in score.parts]
    played = _played(score, programs)
    frames = round(min(longest, score.seconds + TAIL) * RATE)
    mix = np.zeros((2, frames), np.float32)
    for (bank, program, key), notes in sorted(played.items()):
        _add(mix, general_midi().zones(bank, program), key, notes)
    mix = in_room(mix, RATE)
    # The last fiftieth of a second goes to silence, wherever the piece was cut.
    ramp = min(frames, RATE // 50)
    mix[:, frames - ramp :] *= np.linspace(1, 0, ramp, dtype=np.float32)
    loudest = float(np.abs(mix).max(initial=0.0))
    if loudest > 0:
        mix *= np.float32(PEAK * 32767 / loudest)
    return write_wav(np.rint(mix.T).astype(np.int16), RATE, score.title, recipe)


def _played(score: Score, programs: Sequence[int]) -> dict[_Sound, list[_Event]]:
    """The notes of a piece by what sounds, so that each sound is made once."""
    played: dict[_Sound, list[_Event]] = defaultdict(list)
    frames_per_tick = 60.0 * RATE / (score.tempo * TICKS)
    for place, (part, program) in enumerate(zip(score.parts, programs, strict=True)):
        bank = _DRUM_BANK if part.drums else 0
        left, right = _stand(score, place)
        for note in sounding(part.notes):
            start, end = round(note.start * frames_per_tick), round(note.end * frames_per_tick)
            loud = _loudness(note)
            event = (start, max(1, end - start), (left * loud, right * loud))
            played[bank, program, note.pitch].append(event)
    return played


def _add(mix: Floats, zones: list[Zone], key: int, events: list[_Event]) -> None:
    length = min(max(length for _, length, _ in events), mix.shape[1])
    for voice in voices(zones, key, length, RATE):
        for start, frames, gains in events:
            if start < mix.shape[1]:
                voice.add_to(mix, start, frames, gains)


def _loudness(note: Note) -> float:
    """The gain of a velocity: half the velocity is 12 dB less, as the sound font's standard has it."""
    return (min(127, max(1, note.velocity)) / 127) ** 2


def _stand(score: Score, place: int) -> tuple[float, float]:
    """Gains of a part by its place on the stage: the first left, the last right, drums in the middle."""
    pitched = [n for n, part in enumerate(score.parts) if not part.drums]
    if score.parts[place].drums or len(pitched) < 2:
        return panned(0.0)
    return panned(_SPREAD * (2 * pitched.index(place) / (len(pitched) - 1) - 1))
