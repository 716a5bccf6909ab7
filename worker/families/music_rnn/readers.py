"""What a network reads, kept up to date step by step while rows are being written."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from . import events_layout, voices_layout
from .events_layout import EventsLayout
from .layouts import AnyLayout
from .plan import Plan
from .voices_layout import VoicesLayout

#: So many steps of the clock are told at once.
_BLOCK = 64


class VoicesReader:
    """The fields and clock of rows of the voices representation. Equals ``read`` and ``tell`` of the
    layout.
    """

    def __init__(self, layout: VoicesLayout, plans: Sequence[Plan]) -> None:
        rows, voices = len(plans), layout.voices
        self._layout, self._at = layout, 0
        self._sounding = torch.zeros(rows, voices, dtype=torch.int64)
        # Counted from the first step, whatever is written there.
        self._since = torch.full((rows, voices), -1)
        self._past = torch.zeros(rows, max(voices_layout.LAGS), voices, dtype=torch.int64)
        # Where in ``_past`` each lag stands, for each step modulo its size.
        places = torch.arange(self._past.shape[1])[:, None] - torch.tensor(voices_layout.LAGS)
        self._lagged = (places % self._past.shape[1]).unbind()
        self._bar, self._offset, self._length, self._key = _columns(plans)
        self._clocks: Sequence[Tensor] = ()

    def fields(self) -> Tensor:
        """(rows, fields) before the coming step."""
        held = self._since.clamp(0, voices_layout.LONGEST_HELD)
        back = self._past.index_select(1, self._lagged[self._at % len(self._lagged)])
        return self._layout.related(torch.cat([self._sounding, held, back.flatten(1)], dim=-1))

    def clock(self) -> Tensor:
        """(rows, 3) of the coming step."""
        if self._at % _BLOCK == 0:
            self._clocks = self._told(torch.arange(self._at, self._at + _BLOCK)[:, None]).unbind()
        return self._clocks[self._at % _BLOCK]

    def _told(self, at: Tensor) -> Tensor:
        """The clock at some steps (steps, 1): (steps, rows, 3)."""
        place = ((at + self._offset) % self._bar).clamp(max=voices_layout.MOST_STEPS_A_BAR - 1)
        left = 1 + (self._length - 1 - at).clamp(min=0) // self._bar
        left = torch.where(self._length > 0, left.clamp(max=voices_layout.LEFT_BUCKETS - 1), 0)
        return torch.stack([place, left, self._key.expand_as(place)], dim=-1)

    def write(self, codes: Tensor) -> None:
        """A step was written: (rows, voices)."""
        self._since = torch.where(codes == voices_layout.HOLD, self._since + 1, 0)
        self._sounding = self._layout.sounding(self._sounding, codes)
        self._past[:, self._at % self._past.shape[1]] = self._sounding
        self._at += 1

    def reorder(self, rows: Tensor) -> None:
        """Row n goes on as row ``rows[n]`` was. Rows that change places have equal plans."""
        self._sounding, self._since, self._past = self._sounding[rows], self._since[rows], self._past[rows]

    def done(self) -> Tensor:
        """(rows,): whether a row has its whole length."""
        return self._at >= self._length


class EventsReader:
    """The fields and clock of rows of the events representation."""

    def __init__(self, layout: EventsLayout, plans: Sequence[Plan]) -> None:
        rows = len(plans)
        self._last = torch.zeros(rows, 5, dtype=torch.int64)
        self._back = torch.zeros(rows, max(events_layout.LAGS), dtype=torch.int64)
        self._tracks = torch.zeros(rows, len(layout.tracks), dtype=torch.int64)
        self._start = torch.zeros(rows, dtype=torch.int64)
        self._shifts = torch.tensor(events_layout.SHIFTS)
        self._bar, self._offset, self._length, self._key = _columns(plans)

    def fields(self) -> Tensor:
        """(rows, fields) before the coming event."""
        back = self._back[:, [lag - 1 for lag in events_layout.LAGS]]
        return torch.cat([self._last, back, self._tracks], dim=-1)

    def clock(self) -> Tensor:
        """(rows, 3) before the coming event."""
        place = ((self._start + self._offset) % self._bar).clamp(max=events_layout.MOST_PLACES - 1)
        left = 1 + (self._length - 1 - self._start).clamp(min=0) // self._bar
        left = torch.where(self._length > 0, left.clamp(max=events_layout.LEFT_BUCKETS - 1), 0)
        return torch.stack([place, left, self._key], dim=-1)

    def write(self, codes: Tensor) -> None:
        """An event was written: (rows, slots)."""
        pitch = codes[:, events_layout.PITCH, None] + 1
        self._last = codes + 1
        self._back = torch.cat([pitch, self._back[:, :-1]], dim=1)
        self._tracks = self._tracks.scatter(1, codes[:, events_layout.TRACK, None], pitch)
        self._start = self._start + self._shifts[codes[:, events_layout.SHIFT]]

    def reorder(self, rows: Tensor) -> None:
        """Row n goes on as row ``rows[n]`` was. Rows that change places have equal plans."""
        self._last, self._back = self._last[rows], self._back[rows]
        self._tracks, self._start = self._tracks[rows], self._start[rows]

    def done(self) -> Tensor:
        """(rows,): whether a row's last event begins past its length."""
        return self._start >= self._length


Reader = VoicesReader | EventsReader


def reader_of(layout: AnyLayout, plans: Sequence[Plan]) -> Reader:
    """A reader of rows with these plans, all before their first step."""
    if isinstance(layout, VoicesLayout):
        return VoicesReader(layout, plans)
    return EventsReader(layout, plans)


def _columns(plans: Sequence[Plan]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rows = [(plan.bar, plan.offset, plan.length, plan.key_code) for plan in plans]
    bar, offset, length, key = torch.tensor(rows, dtype=torch.int64).unbind(dim=1)
    return bar, offset, length, key
