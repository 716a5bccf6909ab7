"""The room in which a piece is heard: a short, dark reverberation."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from worker.music.sampler import Floats

#: The room's part beside the direct sound, as a ratio of their energies for a steady tone.
_WET = 0.35
#: Seconds until the first reflection, and in which the rest falls by 60 dB.
_FIRST, _FALL = 0.018, 0.9
#: The walls keep little above this, in hertz.
_DARK = 3500.0
#: Frames of a transform: a block and the echo that it leaves.
_SIZE = 1 << 17


def in_room(sound: Floats, rate: int) -> Floats:
    """``sound`` (2, frames) with its reverberation added; as long as before."""
    answer = _answer(rate)
    turned = np.fft.rfft(answer, _SIZE)
    length = _SIZE - answer.shape[1]
    out = sound.copy()
    # Block by block, each block's echo added where it falls: memory does not grow with the piece.
    for start in range(0, sound.shape[1], length):
        block = sound[:, start : start + length]
        # Both walls hear both speakers.
        echo = np.fft.irfft(np.fft.rfft(block.mean(0), _SIZE) * turned, _SIZE).astype(np.float32)
        end = min(sound.shape[1], start + _SIZE)
        out[:, start:end] += echo[:, : end - start]
    return out


@lru_cache(maxsize=2)
def _answer(rate: int) -> Floats:
    """What the room answers to a click, for each ear: noise that falls and darkens, always the same."""
    frames = round(rate * (_FIRST + _FALL))
    # A generator by its formula (Park and Miller 1988) and not a library's, whose stream may change.
    state, drawn = 20011, np.empty(2 * frames)
    for n in range(2 * frames):
        state = state * 48271 % 2147483647
        drawn[n] = state / 2147483647 - 0.5
    noise = drawn.reshape(2, frames)
    times = np.arange(frames) / rate
    noise *= np.where(times < _FIRST, 0.0, 10.0 ** (-3 * (times - _FIRST) / _FALL))
    heard = np.fft.rfftfreq(frames, 1 / rate)
    noise = np.fft.irfft(np.fft.rfft(noise) / (1 + (heard / _DARK) ** 2), frames)
    noise *= _WET / np.sqrt((noise**2).sum(1, keepdims=True))
    return noise.astype(np.float32)
