"""SoundFont 2 files: which samples a program's key sounds with, and how (Technical Specification 2.04)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Generators by their number in the specification; all but these keep what they are at zero.
_DEFAULTS = {8: 13500, 56: 100, 58: -1} | dict.fromkeys(
    (21, 23, 25, 26, 27, 28, 30, 33, 34, 35, 36, 38), -12000
)
_INSTRUMENT, _KEYS, _SAMPLE = 41, 43, 53
#: Creative's chips took an attenuation for two fifths of what it says, and fonts are made for them.
_ATTENUATION = 0.4

_TABLES: dict[bytes, list[Any]] = {
    b"phdr": [("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("more", "<u4", 3)],
    b"pbag": [("gen", "<u2"), ("mod", "<u2")],
    b"pgen": [("oper", "<u2"), ("amount", "<i2")],
    b"inst": [("name", "S20"), ("bag", "<u2")],
    b"ibag": [("gen", "<u2"), ("mod", "<u2")],
    b"igen": [("oper", "<u2"), ("amount", "<i2")],
    b"shdr": [
        ("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4"), ("loop_end", "<u4"),
        ("rate", "<u4"), ("pitch", "u1"), ("correction", "i1"), ("link", "<u2"), ("kind", "<u2"),
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """Times in seconds; ``decay`` is the time of a whole fall, ``sustain`` the generator as it stands."""

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A sample over a range of keys.

    ``samples`` are values up to 1, at ``rate`` a second; ``loop`` is where it begins and ends again, None for
    a sound that dies by itself. ``root`` is the pitch, in semitones, at which it plays at its own rate;
    ``scale`` the semitones of a key. ``pan`` runs from -0.5 to 0.5. ``cutoff`` (cents above 8.176 Hz) and
    ``sweep``, what the second envelope adds to it, belong to a low-pass filter of ``resonance`` decibels.
    ``vibrato`` is (cents, hertz, seconds until it begins).
    """

    keys: tuple[int, int]
    samples: NDArray[np.float32]
    rate: float
    loop: tuple[int, int] | None
    root: float
    scale: float
    gain: float
    pan: float
    volume: Envelope
    timbre: Envelope
    cutoff: float
    sweep: float
    resonance: float
    vibrato: tuple[float, float, float]


class SoundFont:
    """A font read into memory; never changed afterwards, so threads share it."""

    def __init__(self, path: Path) -> None:
        chunks = _chunks(path.read_bytes())
        wave = np.frombuffer(chunks[b"smpl"], "<i2")
        self._wave = wave.astype(np.float32) / np.float32(32768)
        self._tables = {name: np.frombuffer(chunks[name], layout) for name, layout in _TABLES.items()}
        heads = self._tables[b"phdr"][:-1]
        self._presets = {(int(head["bank"]), int(head["program"])): n for n, head in enumerate(heads)}

    def zones(self, bank: int, program: int) -> list[Zone]:
        """The zones of a program; of the bank's first where it has none of that number (drum sets)."""
        found = self._presets.get((bank, program), self._presets[bank, 0])
        return [
            self._zone({**_DEFAULTS, **own}, added)
            for added in self._bags(b"phdr", b"pbag", b"pgen", found, _INSTRUMENT)
            for own in self._bags(b"inst", b"ibag", b"igen", added[_INSTRUMENT], _SAMPLE)
        ]

    def _bags(
        self, heads: bytes, bags: bytes, gens: bytes, place: int, last: int
    ) -> Iterator[dict[int, int]]:
        """The generators of each bag that ends in ``last``, those of a leading global bag under its own."""
        head, bag, gen = self._tables[heads], self._tables[bags], self._tables[gens]
        shared: dict[int, int] = {}
        first, end = int(head[place]["bag"]), int(head[place + 1]["bag"])
        for n in range(first, end):
            rows = gen[int(bag[n]["gen"]) : int(bag[n + 1]["gen"])]
            own = shared | {int(row["oper"]): int(row["amount"]) for row in rows}
            if last in own:
                yield own
            elif n == first:
                shared = own

    def _zone(self, own: dict[int, int], added: dict[int, int]) -> Zone:
        def amount(generator: int) -> int:
            return own.get(generator, 0) + added.get(generator, 0)

        head = self._tables[b"shdr"][own[_SAMPLE] & 0xFFFF]
        start = int(head["start"]) + amount(0) + 32768 * amount(4)
        end = int(head["end"]) + amount(1) + 32768 * amount(12)
        loop = int(head["loop"]) + amount(2) + 32768 * amount(45) - start
        loop_end = int(head["loop_end"]) + amount(3) + 32768 * amount(50) - start
        looped = own.get(54, 0) & 1 and 0 <= loop < loop_end <= end - start
        key = own[58] if own[58] >= 0 else int(head["pitch"])
        fine = amount(52) + int(head["correction"])
        depth, rate, delay = (6, 24, 23) if amount(6) else (5, 22, 21)
        return Zone(
            keys=_range(own.get(_KEYS), added.get(_KEYS)),
            samples=self._wave[start:end],
            rate=float(head["rate"]),
            loop=(loop, loop_end) if looped else None,
            root=key - amount(51) - fine / 100,
            scale=own[56] / 100,
            gain=10.0 ** (-_ATTENUATION * max(0, amount(48)) / 200),
            pan=max(-500, min(500, amount(17))) / 1000,
            volume=_envelope([amount(n) for n in range(33, 39)]),
            timbre=_envelope([amount(n) for n in range(25, 31)]),
            cutoff=float(amount(8)),
            sweep=float(amount(11)),
            resonance=amount(9) / 10,
            vibrato=(float(amount(depth)), 8.176 * 2.0 ** (amount(rate) / 1200), _seconds(amount(delay))),
        )


@lru_cache(maxsize=1)
def general_midi() -> SoundFont:
    """The General MIDI font that lies in the package pretty_midi; 12 MB, read once a process.

    The package is only looked up, not imported.
    """
    package = importlib.util.find_spec("pretty_midi")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("pretty_midi is not installed: it holds the sound font")
    return SoundFont(Path(package.origin).parent / "TimGM6mb.sf2")


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks inside the lists of a RIFF file by name."""
    found: dict[bytes, bytes] = {}
    for name, start, size in _walk(data, 12, len(data)):
        if name == b"LIST":
            for inner, begin, length in _walk(data, start + 4, start + size):
                found[inner] = data[begin : begin + length]
    return found


def _walk(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while place + 8 <= end:
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], place + 8, size
        place += 8 + size + size % 2


def _range(own: int | None, added: int | None) -> tuple[int, int]:
    """The keys that two ranges, each a low byte and a high byte, have in common."""
    ranges = [(value & 0xFF, value >> 8 & 0xFF) for value in (own, added) if value is not None]
    return max((low for low, _ in ranges), default=0), min((high for _, high in ranges), default=127)


def _seconds(timecents: int) -> float:
    return float(2.0 ** (timecents / 1200))


def _envelope(amounts: list[int]) -> Envelope:
    delay, attack, hold, decay, sustain, release = amounts
    return Envelope(
        _seconds(delay), _seconds(attack), _seconds(hold), _seconds(decay), float(sustain), _seconds(release)
    )
