"""Every cap put on an intake, in one place, so that a test can lower them and an operator can read them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Caps on one intake. Sizes are bytes, times are seconds, lengths are pixels."""

    memory: int = 1280 * MIB
    cpu_seconds: int = 900
    wall_seconds: float = 1200.0
    output_file: int = 64 * MIB
    output_total: int = 8192 * MIB
    entries: int = 20_000
    directory: int = 16 * MIB
    entry: int = 128 * MIB
    inflated: int = 4096 * MIB
    inflated_free: int = 16 * MIB
    ratio: int = 100
    pixels: int = 50_000_000
    side: int = 12_000
    frame_pixels: int = 200_000_000
    smallest_side: int = 32
    stored_side: int = 2048
    lossless_side: int = 512
    aspect: float = 2.5
    hash_distance: int = 4
    thumb_rms: float = 6.0
    label_file: int = 8 * MIB
    label_columns: int = 16
    label_length: int = 200

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ValueError(f"the limit {field.name} must not be negative")

    def to_json(self) -> dict[str, Any]:
        """The caps as plain JSON, for the child's request file."""
        return asdict(self)


def for_upload(nbytes: int) -> Limits:
    """The caps for an upload of `nbytes`: the time grows with the size, so that a small bomb is stopped
    early.

    Measured on one slow core, decoding and re-encoding take about half a second for each MiB of JPEG; a MiB
    of zipped MIDI is some 1,500 short pieces and takes half a minute. So 40 seconds a MiB are given, on top
    of a minute for starting and for pictures that are small on disk and large in memory.
    """
    cpu = min(900, 60 + 40 * nbytes // MIB)
    return Limits(cpu_seconds=cpu, wall_seconds=2.0 * cpu)
