"""Which pictures are the same, or nearly.

Exact copies share the SHA-256 of their pixels. Near copies share almost all bits of a difference hash
(dHash: the signs of the horizontal steps in a 9 x 8 gray reduction, after Krawetz, "Kind of Like That",
2013), and their 16 x 16 color reductions lie close together; the second test keeps apart flat pictures and
drawings of one style, whose gradients agree by chance.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.media.limits import Limits

ROWS = 256
CANDIDATES = 32
Bits = npt.NDArray[np.uint64]
Thumbs = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mark:
    """What is remembered of one picture: pixel hash, 64-bit dHash, 16 x 16 RGB reduction (768 bytes)."""

    pixels_sha256: str
    dhash: int
    thumb: bytes


def mark(image: Image.Image) -> Mark:
    """The mark of `image` (mode RGB)."""
    digest = hashlib.sha256(f"RGB {image.width} {image.height}\n".encode())
    digest.update(image.tobytes())
    gray = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX)).astype(np.int16)
    bits = np.packbits(gray[:, 1:] > gray[:, :-1])
    thumb = image.resize((16, 16), Image.Resampling.BOX).tobytes()
    return Mark(digest.hexdigest(), int.from_bytes(bits.tobytes(), "big"), thumb)


def near_twins(marks: list[Mark], limits: Limits) -> list[tuple[int, int, int]]:
    """For each picture that nearly equals an earlier one: (its index, the earliest such index, hash
    distance).

    Every pair of hashes is compared, in blocks: 20,000 pictures take about a second whatever they show,
    where an index over hash bands would fall to quadratic Python work on hostile or monotonous data.
    """
    hashes: Bits = np.array([one.dhash for one in marks], dtype=np.uint64)
    thumbs = [one.thumb for one in marks]
    found: list[tuple[int, int, int]] = []
    for start in range(0, len(marks), ROWS):
        block = hashes[start : start + ROWS]
        distances = np.bitwise_count(block[:, None] ^ hashes[None, : start + len(block)])
        for row in range(len(block)):
            index = start + row
            earlier = np.flatnonzero(distances[row, :index] <= limits.hash_distance)
            match = _first_close(index, earlier, thumbs, limits.thumb_rms)
            if match is not None:
                found.append((index, match, int(distances[row, match])))
    return found


def _first_close(index: int, earlier: npt.NDArray[np.intp], thumbs: list[bytes], rms: float) -> int | None:
    if not len(earlier):
        return None
    mine = np.frombuffer(thumbs[index], np.uint8).astype(np.float32)
    # Only the first candidates are compared in color, so that 20,000 flat pictures stay cheap.
    candidates = earlier[:CANDIDATES]
    others = np.frombuffer(b"".join(thumbs[i] for i in candidates), np.uint8).astype(np.float32)
    error = np.sqrt(np.mean((others.reshape(len(candidates), -1) - mine) ** 2, axis=1))
    close = np.flatnonzero(error <= rms)
    return int(candidates[close[0]]) if len(close) else None
