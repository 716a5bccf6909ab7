"""The *voices* representation as a network sees it: a fixed number of parts on a grid of sixteenths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .layout import DISTANCE, Field, Slot, bounded, distance
from .plan import Plan

HOLD, REST, FIRST_PITCH = 0, 1, 2
#: Sixteenths back at which what sounded is read besides the last step's.
LAGS = (2, 4, 8, 16)
LONGEST_HELD = 32
MOST_STEPS_A_BAR = 64
LEFT_BUCKETS = 18
KEYS = 25


@dataclass(frozen=True)
class VoicesLayout:
    """``voices`` parts with pitches from ``low`` to ``high`` (MIDI). A code is hold, rest or an onset."""

    voices: int
    low: int
    high: int

    @property
    def pitches(self) -> int:
        """How many pitches there are."""
        return self.high - self.low + 1

    @property
    def slots(self) -> list[Slot]:
        """One slot a voice, the highest first."""
        return [Slot(f"voice{n}", FIRST_PITCH + self.pitches, self.pitches) for n in range(self.voices)]

    @property
    def pitch(self) -> Field:
        """A sounding pitch: 0 silence, 1 the lowest."""
        return Field("pitch", self.pitches + 1, 32)

    @property
    def fields(self) -> list[Field]:
        """What each voice sounds and for how long, what sounded some steps ago, how far each voice lies above
        the next, and how far it has just moved.
        """
        held = Field("held", LONGEST_HELD + 1, 8)
        back = [Field("pitch", self.pitches + 1, 32)] * (len(LAGS) * self.voices)
        return [self.pitch] * self.voices + [held] * self.voices + back + [DISTANCE] * (2 * self.voices - 1)

    @property
    def clock(self) -> list[Field]:
        """The place in the bar, the bars that are left, and the key; 0 in the last two says nothing."""
        return [
            Field("place", MOST_STEPS_A_BAR, 24),
            Field("left", LEFT_BUCKETS, 8),
            Field("key", KEYS, 16),
        ]

    @property
    def most_references(self) -> int:
        """A voice's own last pitch and the voices above."""
        return self.voices

    def sounding(self, before: Tensor, code: Tensor) -> Tensor:
        """What sounds after ``code``: 0 silence, else 1 + place in range."""
        onset = torch.where(code == REST, torch.zeros_like(code), code - FIRST_PITCH + 1)
        return torch.where(code == HOLD, before, onset)

    def read(self, codes: Tensor) -> Tensor:
        """(..., T, voices) to (..., T, fields)."""
        steps = codes.shape[-2]
        # The place of each voice's last onset or rest: holds take their pitch from there.
        at = torch.arange(steps).unsqueeze(-1).expand(codes.shape)
        last = torch.where(codes == HOLD, torch.zeros_like(at), at).cummax(dim=-2).values
        origin = codes.gather(-2, last)
        sounding = torch.where(origin < FIRST_PITCH, torch.zeros_like(origin), origin - FIRST_PITCH + 1)
        held = (at - last).clamp(max=LONGEST_HELD)
        shifted = [_back(sounding, 1), _back(held, 1), *(_back(sounding, lag) for lag in LAGS)]
        return self.related(torch.cat(shifted, dim=-1))

    def related(self, read: Tensor) -> Tensor:
        """What was read of pitches and times, with the distances between its pitches behind it."""
        now, before = read[..., : self.voices], read[..., 2 * self.voices : 3 * self.voices]
        return torch.cat([read, distance(now[..., :-1], now[..., 1:]), distance(now, before)], dim=-1)

    def references(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """The voice's own last pitch, then what the voices above sound now."""
        above = [self.sounding(fields[..., n], codes[..., n]) for n in range(slot)]
        return [fields[..., slot], *above]

    def relations(self, slot: int, fields: Tensor, codes: Tensor) -> list[Tensor]:
        """How each voice above moves, and where it now stands over this voice's last pitch: what tells
        parallel from contrary motion.
        """
        found = []
        for above in range(slot):
            now = self.sounding(fields[..., above], codes[..., above])
            found += [distance(now, fields[..., above]), distance(now, fields[..., slot])]
        return found

    def tell(self, codes: Tensor, plan: Plan) -> Tensor:
        """The clock of every step of ``codes`` (T, voices): (T, 3)."""
        at = torch.arange(len(codes))
        return torch.stack([place_of(at, plan), left_of(at, plan), torch.full_like(at, plan.key_code)], -1)

    def transposed(self, codes: Tensor, semitones: int) -> Tensor:
        """The same piece that much higher; the caller keeps it in range."""
        return torch.where(codes >= FIRST_PITCH, codes + semitones, codes)

    def room(self, codes: Tensor) -> tuple[int, int]:
        """How far the piece can be moved down (at most 0) and up without leaving the range."""
        pitches = codes[codes >= FIRST_PITCH] - FIRST_PITCH
        if not len(pitches):
            return 0, 0
        return -int(pitches.min()), self.pitches - 1 - int(pitches.max())

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``from_dict`` takes back."""
        return {"representation": "voices", "voices": self.voices, "low": self.low, "high": self.high}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> VoicesLayout:
        """Check a stored description. Raises ValueError."""
        low = bounded(data, "low", 0, 127)
        return VoicesLayout(bounded(data, "voices", 1, 8), low, bounded(data, "high", low, 127))


def place_of(at: Tensor, plan: Plan) -> Tensor:
    """The place in its bar of each sixteenth."""
    return ((at + plan.offset) % plan.bar).clamp(max=MOST_STEPS_A_BAR - 1)


def left_of(at: Tensor, plan: Plan) -> Tensor:
    """1 in the last bar, 2 in the one before ... and one bucket for all that is further; 0 not said."""
    if not plan.length:
        return torch.zeros_like(at)
    bars = (plan.length - 1 - at).clamp(min=0) // plan.bar
    return (1 + bars).clamp(max=LEFT_BUCKETS - 1)


def _back(values: Tensor, lag: int) -> Tensor:
    """Each step's value ``lag`` steps before it, 0 before the beginning."""
    steps = values.shape[-2]
    padding = torch.zeros_like(values[..., : min(lag, steps), :])
    return torch.cat([padding, values[..., : max(0, steps - lag), :]], dim=-2)
