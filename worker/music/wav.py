"""WAV files: 16-bit PCM with words about it in a LIST/INFO chunk (RIFF, Microsoft and IBM 1991)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.music.recipe_text import MARK, recipe_of, recipe_text


def write_wav(
    sound: NDArray[np.int16], rate: int, title: str = "", recipe: Mapping[str, Any] | None = None
) -> bytes:
    """A file of ``sound`` (frames, channels) at ``rate`` frames a second.

    The words come before the sound, so that they are found in the first bytes: ``title`` as INAM, ``recipe``
    as JSON in ICMT.
    """
    frame = 2 * sound.shape[1]
    words = [(b"INAM", title.encode())] if title else []
    if recipe is not None:
        words.append((b"ICMT", MARK + recipe_text(recipe)))
    layout = b"".join(
        value.to_bytes(size, "little")
        for value, size in ((1, 2), (sound.shape[1], 2), (rate, 4), (rate * frame, 4), (frame, 2), (16, 2))
    )
    body = b"WAVE" + _chunk(b"fmt ", layout)
    if words:
        body += _chunk(b"LIST", b"INFO" + b"".join(_chunk(name, text + b"\0") for name, text in words))
    return _chunk(b"RIFF", body + _chunk(b"data", sound.astype("<i2").tobytes()))


def recipe_in_wav(data: bytes) -> dict[str, Any] | None:
    """The recipe that ``write_wav`` put into a file; None where there is none or the file is broken."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    for name, start, end in _chunks(data, 12, len(data)):
        if name == b"LIST" and data[start : start + 4] == b"INFO":
            for word, begin, stop in _chunks(data, start + 4, end):
                if word == b"ICMT" and data.startswith(MARK, begin):
                    return recipe_of(data[begin:stop].rstrip(b"\0"))
    return None


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def _chunks(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk, not past ``end``."""
    while place + 8 <= end:
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], place + 8, min(end, place + 8 + size)
        place += 8 + size + size % 2
