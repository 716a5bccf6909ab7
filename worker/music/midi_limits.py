"""Every cap put on one MIDI file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MidiLimits:
    """Caps on one file: its bytes, tracks and events, and how long its music lasts.

    A symphony has some 100,000 events in 40 tracks and lasts 80 minutes.
    """

    nbytes: int = 16 << 20
    tracks: int = 256
    events: int = 200_000
    seconds: float = 7200.0
    quarters: int = 20_000
