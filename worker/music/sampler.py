"""Notes out of a sound font: resampled, looped, filtered, under an envelope. Pure numpy, no state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.music.soundfont import Envelope, Zone

#: No note sounds longer than this after its end, in seconds.
TAIL = 1.0

Floats = NDArray[np.float32]
_Reals = NDArray[np.floating[Any]]

#: Samples are first laid this much denser by their spectrum: lines between them then add nothing heard.
_DENSER = 4
#: A filter has settled after this many samples.
_SETTLED = 1024
_SILENT = 100.0


@dataclass(frozen=True, slots=True)
class Voice:
    """One zone sounding at one key: its ``body`` without an end, its envelope's ``level``, its ``release``.

    All at the output's rate: ``level`` is as long as the longest note, ``body`` longer by ``release``.
    """

    body: Floats
    level: Floats
    release: Floats
    left: float
    right: float

    def add_to(self, mix: Floats, start: int, length: int, gains: tuple[float, float]) -> None:
        """Adds a note of ``length`` frames from the frame ``start`` on to both rows of ``mix``."""
        end = min(length + len(self.release), mix.shape[1] - start, len(self.body))
        length = min(length, end)
        sound = self.body[:end].copy()
        sound[:length] *= self.level[:length]
        sound[length:] *= self.release[: end - length] * self.level[length - 1]
        mix[0, start : start + end] += sound * np.float32(self.left * gains[0])
        mix[1, start : start + end] += sound * np.float32(self.right * gains[1])


def voices(zones: Sequence[Zone], key: int, frames: int, rate: int) -> list[Voice]:
    """What sounds at ``key``, for notes of up to ``frames`` frames at ``rate`` a second.

    At a key for which the font has nothing it is what the nearest key has: no note is lost.
    """
    away = [max(zone.keys[0] - key, key - zone.keys[1], 0) for zone in zones]
    nearest = min(away, default=0)
    return [
        _voice(zone, key, frames, rate)
        for zone, distance in zip(zones, away, strict=True)
        if distance == nearest
    ]


def panned(pan: float) -> tuple[float, float]:
    """Gains of left and right for a place from -0.5 to 0.5, equal in power everywhere."""
    angle = (pan + 0.5) * np.pi / 2
    return float(np.cos(angle)), float(np.sin(angle))


def _voice(zone: Zone, key: int, frames: int, rate: int) -> Voice:
    tail = max(rate // 200, round(rate * min(TAIL, zone.volume.release * 0.7)))
    release = _SILENT / (zone.volume.release * rate) * np.arange(tail)
    # A tail that is cut at TAIL seconds fades over its last quarter.
    fade = np.minimum(1.0, np.arange(tail, 0, -1) / max(1, tail // 4))
    left, right = panned(zone.pan)
    return Voice(
        body=_body(zone, key, frames + tail, rate),
        level=_level(zone.volume, frames, rate),
        release=(_amplitude(-release) * fade).astype(np.float32),
        left=left * zone.gain,
        right=right * zone.gain,
    )


def _body(zone: Zone, key: int, frames: int, rate: int) -> Floats:
    """The sample at the pitch of a key, looped for as long as wanted, filtered."""
    ratio = 2.0 ** ((zone.scale * (key - 60) + 60 - zone.root) / 12)
    places = _places(zone, ratio * zone.rate / rate, frames, rate)
    kept = 1 - zone.timbre.sustain / 1000
    dark = _played(zone, places, ratio, zone.cutoff + zone.sweep * kept, rate)
    if abs(zone.sweep) * (1 - kept) < 100:
        return dark
    # The filter moves between two places; what it does in between is near their mixture.
    bright = _played(zone, places, ratio, zone.cutoff + zone.sweep, rate)
    timbre = zone.timbre
    times = np.cumsum([0, timbre.delay + timbre.attack + timbre.hold, timbre.decay * (1 - kept)])
    weight = np.interp(np.arange(frames) / rate, times, [1.0, 1.0, 0.0]).astype(np.float32)
    return dark + weight * (bright - dark)


def _places(zone: Zone, step: float, frames: int, rate: int) -> _Reals:
    """Where in the sample each frame reads, in samples, before any loop."""
    places = np.arange(frames) * step
    depth, speed, delay = zone.vibrato
    if depth and frames > delay * rate:
        # The integral of a pitch that swings like a sine by so many cents.
        turn = 2 * np.pi * speed / rate
        swing = np.maximum(0.0, np.arange(frames) - delay * rate) * turn
        places += step * depth * np.log(2) / 1200 / turn * (1 - np.cos(swing))
    return places


def _played(zone: Zone, places: _Reals, ratio: float, cutoff: float, rate: int) -> Floats:
    """The filtered sample read at ``places``."""
    samples, loop = zone.samples, zone.loop
    reach = int(places.max()) + _SETTLED
    if loop is None or reach < loop[1]:
        samples = samples[:reach]
    else:
        # The loop may begin anywhere in itself: later, its surroundings at both ends are the same.
        begin, end = loop
        samples = np.concatenate([samples[:end], np.resize(samples[begin:end], 2 * _SETTLED)])
        begin, end = begin + _SETTLED, end + _SETTLED
        places = np.where(places < end, places, begin + (places - begin) % (end - begin))
    dense = _filtered(samples, zone, ratio, cutoff, rate)
    at = np.minimum(places * _DENSER, len(dense) - 2.0)
    whole = at.astype(np.int64)
    part = (at - whole).astype(np.float32)
    here = dense[whole]
    return here + part * (dense[whole + 1] - here)


def _filtered(samples: Floats, zone: Zone, ratio: float, cutoff: float, rate: int) -> Floats:
    """The sample through its low-pass filter, without what the output's rate cannot hold, and denser.

    The filter has the size of the specification's two poles at every frequency, and no phase.
    """
    size = _round_size(len(samples) + 64)
    spectrum = np.fft.rfft(samples, size)
    heard = np.fft.rfftfreq(size, 1 / zone.rate) * ratio
    gain = np.clip((rate / 2 - heard) / (rate / 20), 0.0, 1.0)
    if cutoff < 13500:
        there = heard / (8.176 * 2.0 ** (cutoff / 1200))
        quality = 10.0 ** ((zone.resonance - 3.01) / 20)
        gain /= np.sqrt((1 - there**2) ** 2 + (there / quality) ** 2)
    spectrum *= (gain * _DENSER).astype(np.float32)
    dense = np.fft.irfft(spectrum, size * _DENSER).astype(np.float32)
    dense = dense[: (len(samples) + 32) * _DENSER]
    dense[-1] = dense[-2] = 0.0
    return dense


def _round_size(least: int) -> int:
    """The next size that is fast to transform: a power of two or some sixteenths of one."""
    sixteenth = (1 << (least - 1).bit_length()) // 16
    return next(part * sixteenth for part in (9, 10, 12, 15, 16) if part * sixteenth >= least)


def _level(envelope: Envelope, frames: int, rate: int) -> Floats:
    """The volume while a key is down: a straight attack, then down to the sustain by decibels."""
    drop = min(envelope.sustain / 10, _SILENT)
    rise = envelope.delay + envelope.attack
    times = np.arange(frames) / rate
    fall = np.interp(
        times, [rise + envelope.hold, rise + envelope.hold + envelope.decay * drop / _SILENT], [0, drop]
    )
    up = np.clip((times - envelope.delay) / envelope.attack, 0.0, 1.0)
    return (up * _amplitude(-fall)).astype(np.float32)


def _amplitude(decibels: _Reals) -> _Reals:
    return np.asarray(np.exp(decibels * (np.log(10) / 20)))
