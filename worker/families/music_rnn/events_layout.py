"""The *events* representation as a network sees it: any music, one note a step.

A step writes how long after the note before it the next one begins, on which track, its pitch, duration and
velocity: compound words (after Hsiao et al. 2021), one slot for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .layout import Field, Slot, bounded, distance
from .plan import Plan

#: Units of a quarter note: triplets and sixteenths are whole.
UNITS = 12
SHIFTS = (*range(0, 49), *range(54, 97, 6), *range(108, 193, 12))
DURATIONS = (1, 2, 3, 4, 6, 8, 9, 10, 12, 16, 18, 20, 24, 30, 36, 42, 48, 60, 72, 96, 144, 192)
VELOCITIES = (16, 32, 48, 64, 76, 88, 100, 116)
MOST_TRACKS = 16
MOST_PLACES = 128
LEFT_BUCKETS = 18
KEYS = 25
#: Events back whose pitch is read besides the last one's.
LAGS = (2, 3, 4)
SHIFT, TRACK, PITCH, DURATION, VELOCITY = range(5)


@dataclass(frozen=True)
class EventsLayout:
    """``tracks`` are General MIDI programs, -1 for drums; pitches from ``low`` to ``high`` (MIDI)."""

    tracks: tuple[int, ...]
    low: int
    high: int

    @property
    def pitches(self) -> int:
        """How many pitches there are."""
        return self.high - self.low + 1

    @property
    def slots(self) -> list[Slot]:
        """Shift, track, pitch, duration, velocity."""
        return [
            Slot("shift", len(SHIFTS)),
            Slot("track", len(self.tracks)),
            Slot("pitch", self.pitches, self.pitches),
            Slot("duration", len(DURATIONS)),
            Slot("velocity", len(VELOCITIES)),
        ]

    @property
    def pitch(self) -> Field:
        """A pitch: 0 for none, 1 the lowest."""
        return Field("pitch", self.pitches + 1, 32)

    @property
    def fields(self) -> list[Field]:
        """The last event (each code plus one, 0 before the first), the pitches of a few events before it, and
        each track's last pitch.
        """
        last = [
            Field("shift", len(SHIFTS) + 1, 24),
            Field("track", len(self.tracks) + 1, 16),
            self.pitch,
            Field("duration", len(DURATIONS) + 1, 16),
            Field("velocity", len(VELOCITIES) + 1, 8),
        ]
        return [*last, *[self.pitch] * (len(LAGS) + len(self.tracks))]

    @property
    def clock(self) -> list[Field]:
        """Where in its bar the last event began, the bars that are left then, and the key; 0 in the last two
        says nothing.
        """
        return [Field("place", MOST_PLACES, 32), Field("left", LEFT_BUCKETS, 8), Field("key", KEYS, 16)]

    @property
    def most_references(self) -> int:
        """The last events' pitches and the track's own last one."""
        return 2 + len(LAGS)

    def read(self, codes: Tensor) -> Tensor:
        """(T, slots) to (T, fields)."""
        pitch = codes[:, PITCH] + 1
        back = [_before(pitch, lag) for lag in LAGS]
        per_track = [_before(_latest(pitch, codes[:, TRACK] == n), 1) for n in range(len(self.tracks))]
        return torch.stack([*(_before(codes[:, n] + 1, 1) for n in range(5)), *back, *per_track], dim=-1)

    def tell(self, codes: Tensor, plan: Plan) -> Tensor:
        """(T, 3): see ``clock``."""
        starts = _before(starts_of(codes), 1)
        place = ((starts + plan.offset) % plan.bar).clamp(max=MOST_PLACES - 1)
        left = torch.zeros_like(starts)
        if plan.length:
            left = (1 + (plan.length - 1 - starts).clamp(min=0) // plan.bar).clamp(max=LEFT_BUCKETS - 1)
        return torch.stack([place, left, torch.full_like(left, plan.key_code)], -1)

    def references(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """For the pitch: the last pitch of the track just written, then those of the last events."""
        first = 5 + len(LAGS)
        own = fields[..., first:].gather(-1, codes[..., TRACK, None]).squeeze(-1)
        return [own, fields[..., PITCH], *(fields[..., 5 + n] for n in range(len(LAGS)))]

    def relations(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """For the pitch: how far the track's last pitch lies above the last event's."""
        if slot != PITCH:
            return []
        own, last, *_ = self.references(slot, fields, codes)
        return [distance(own, last)]

    def transposed(self, codes: Tensor, semitones: int) -> Tensor:
        """The same piece that much higher, drums as they are."""
        moved = codes.clone()
        moved[:, PITCH] += torch.where(self._tuned(codes), semitones, 0)
        return moved

    def room(self, codes: Tensor) -> tuple[int, int]:
        """How far the piece can be moved down (at most 0) and up without leaving the range."""
        pitches = codes[self._tuned(codes), PITCH]
        if not len(pitches):
            return 0, 0
        return -int(pitches.min()), self.pitches - 1 - int(pitches.max())

    def _tuned(self, codes: Tensor) -> Tensor:
        drums = torch.tensor([program < 0 for program in self.tracks])
        return ~drums[codes[:, TRACK]]

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``from_dict`` takes back."""
        return {"representation": "events", "tracks": list(self.tracks), "low": self.low, "high": self.high}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> EventsLayout:
        """Check a stored description. Raises ValueError."""
        low, tracks = bounded(data, "low", 0, 127), data.get("tracks")
        if not isinstance(tracks, list) or not 1 <= len(tracks) <= MOST_TRACKS:
            raise ValueError("the tracks are not a short list")
        if not all(isinstance(program, int) and -1 <= program <= 127 for program in tracks):
            raise ValueError("a track is not a General MIDI program")
        return EventsLayout(tuple(tracks), low, bounded(data, "high", low, 127))


def starts_of(codes: Tensor) -> Tensor:
    """When each event (T, slots) begins, in units."""
    return torch.tensor(SHIFTS)[codes[:, SHIFT]].cumsum(0)


def _before(values: Tensor, lag: int) -> Tensor:
    """Each event's value ``lag`` events before it, 0 before the first."""
    lag = min(lag, len(values))
    return torch.cat([values.new_zeros(lag), values[: len(values) - lag]])


def _latest(values: Tensor, chosen: Tensor) -> Tensor:
    """At each event the value of the latest chosen one up to it, 0 when there is none."""
    at = torch.where(chosen, torch.arange(1, len(values) + 1), 0).cummax(0).values
    return torch.cat([values.new_zeros(1), values])[at]
