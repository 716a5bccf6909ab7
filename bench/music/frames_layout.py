"""Frames of a piano roll as a network of the family writes them: a frame is a set of pitches.

A frame is written in one order, its highest pitch first, each next one below the last, then "stop" (code 0).
Every set of at most ``notes`` pitches has exactly one spelling, so the product over a frame's slots is an
exact joint likelihood of the set; ``FramesNetwork`` keeps what cannot follow out of each normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from worker.families.music_rnn.layout import DISTANCE, Field, Slot, bounded, distance
from worker.families.music_rnn.plan import Plan

STOP = 0
#: Frames back that are read besides the last one.
LAGS = (2, 4, 8)
LONGEST_HELD = 16
#: Of a frame with more notes, this many are seen by what comes after: the highest, and of those above
#: the nearest. All are written.
SEEN = 5
#: Frames after which the clock begins again: a power of two bars of four, and bars of three and six.
ROUNDS = (16, 12)


@dataclass(frozen=True)
class FramesLayout:
    """Sets of at most ``notes`` pitches from ``low`` to ``high`` (MIDI). Code 1 is the lowest pitch."""

    notes: int
    low: int = 21
    high: int = 108

    @property
    def pitches(self) -> int:
        """How many pitches there are."""
        return self.high - self.low + 1

    @property
    def slots(self) -> list[Slot]:
        """One slot a note, the highest first."""
        return [Slot(f"note{n}", 1 + self.pitches, self.pitches) for n in range(self.notes)]

    @property
    def pitch(self) -> Field:
        """A pitch of a frame: 0 none, 1 the lowest."""
        return Field("pitch", self.pitches + 1, 32)

    @property
    def seen(self) -> int:
        """How many notes of a frame are read."""
        return min(self.notes, SEEN)

    @property
    def fields(self) -> list[Field]:
        """The pitches of the last frame, for how many frames each has sounded, earlier frames, how far each
        pitch of the last frame lies above the next, and above the one in its place a frame earlier.
        """
        held = Field("held", LONGEST_HELD + 1, 8)
        back = [self.pitch] * (len(LAGS) * self.seen)
        return [self.pitch] * self.seen + [held] * self.seen + back + [DISTANCE] * (2 * self.seen - 1)

    @property
    def clock(self) -> list[Field]:
        """The frame's number, modulo each of ``ROUNDS``."""
        return [Field(f"place{size}", size, 8) for size in ROUNDS]

    @property
    def most_references(self) -> int:
        """The pitches of the last frame and those already written in this one."""
        return self.seen + min(self.notes - 1, SEEN)

    def read(self, codes: Tensor) -> Tensor:
        """(..., T, notes) to (..., T, fields)."""
        held, seen = self.held(codes)[..., : self.seen], codes[..., : self.seen]
        last = _back(seen, 1)
        shown = [last, _back(held, 1), *(_back(seen, lag) for lag in LAGS)]
        shown += [distance(last[..., :-1], last[..., 1:]), distance(last, _back(seen, 2))]
        return torch.cat(shown, dim=-1)

    def held(self, codes: Tensor) -> Tensor:
        """For how many frames in a row each pitch has been there, this one counted: (..., T, notes)."""
        count = (codes > STOP).long()
        for lag in range(1, LONGEST_HELD):
            before = _back(codes, lag)
            there = (codes.unsqueeze(-1) == before.unsqueeze(-2)).any(dim=-1)
            # Counts only as long as the row is unbroken: so far it must be exactly ``lag`` frames long.
            count = count + (there & (codes > STOP) & (count == lag)).long()
        return count

    def references(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """The last frame's pitches, then those written above, the nearest first."""
        last = [fields[..., n] for n in range(self.seen)]
        return last + [codes[..., n] for n in reversed(range(max(0, slot - SEEN), slot))]

    def relations(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """How each note above moves from what stood in its place, and from what stood in this one's."""
        found = []
        for above in range(min(slot, self.seen)):
            now = codes[..., above]
            found += [distance(now, fields[..., above]), distance(now, fields[..., min(slot, self.seen - 1)])]
        return found

    def tell(self, codes: Tensor, plan: Plan) -> Tensor:
        """The clock of every frame of ``codes`` (T, notes): (T, 2)."""
        at = torch.arange(len(codes))
        return torch.stack([at % size for size in ROUNDS], dim=-1)

    def transposed(self, codes: Tensor, semitones: int) -> Tensor:
        """The same piece that much higher; the caller keeps it in range."""
        return torch.where(codes > STOP, codes + semitones, codes)

    def room(self, codes: Tensor) -> tuple[int, int]:
        """How far the piece can be moved down (at most 0) and up without leaving the range."""
        pitches = codes[codes > STOP]
        if not len(pitches):
            return 0, 0
        return 1 - int(pitches.min()), self.pitches - int(pitches.max())

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``from_dict`` takes back."""
        return {"representation": "frames", "notes": self.notes, "low": self.low, "high": self.high}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> FramesLayout:
        """Check a stored description. Raises ValueError."""
        low = bounded(data, "low", 0, 127)
        return FramesLayout(bounded(data, "notes", 1, 88), low, bounded(data, "high", low, 127))


def _back(values: Tensor, lag: int) -> Tensor:
    """Each frame's value ``lag`` frames before it, 0 before the beginning."""
    frames = values.shape[-2]
    padding = torch.zeros_like(values[..., : min(lag, frames), :])
    return torch.cat([padding, values[..., : max(0, frames - lag), :]], dim=-2)
