"""Scores to codes of the events representation, and back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import torch
from torch import Tensor

from worker.music.score import TICKS, Note, Part, Score, part_of

from .events_layout import (
    DURATION,
    DURATIONS,
    PITCH,
    SHIFT,
    SHIFTS,
    TRACK,
    UNITS,
    VELOCITIES,
    VELOCITY,
    EventsLayout,
)
from .plan import Plan

TICKS_A_UNIT = TICKS // UNITS
DRUMS = -1


def plan_of(score: Score) -> Plan:
    """The bars and length of a piece in units; its key is the caller's to say."""
    bar = max(1, score.bar // TICKS_A_UNIT)
    pickup = score.pickup // TICKS_A_UNIT
    return Plan(bar, (bar - pickup) % bar, -(-score.end // TICKS_A_UNIT))


def encode(score: Score, layout: EventsLayout) -> Tensor:
    """int64 codes (events, slots). A part plays on the track of its program, or on the nearest program.

    Raises:
        ValueError: a pitch is out of range, or drums play and the layout has none.
    """
    rows = []
    last = 0
    for start, track, note in sorted(_events(score, layout), key=lambda one: (one[0], one[1], one[2].pitch)):
        if not layout.low <= note.pitch <= layout.high:
            raise ValueError(f"the pitch {note.pitch} is not between {layout.low} and {layout.high}")
        shift = nearest(SHIFTS, start - last)
        # What is told is followed: errors of long rests must not add up to a wrong place in the bar.
        last += SHIFTS[shift]
        duration = nearest(DURATIONS, max(1, round(note.duration / TICKS_A_UNIT)))
        rows.append([shift, track, note.pitch - layout.low, duration, nearest(VELOCITIES, note.velocity)])
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 5)


def decode(codes: Tensor, layout: EventsLayout, like: Score) -> Score:
    """The piece of ``codes`` with the tempo, meter, pickup, key and title of ``like``, a part a track."""
    found: dict[int, list[Note]] = {}
    start = 0
    for row in codes.tolist():
        start += SHIFTS[row[SHIFT]]
        note = Note(
            start * TICKS_A_UNIT,
            row[PITCH] + layout.low,
            DURATIONS[row[DURATION]] * TICKS_A_UNIT,
            VELOCITIES[row[VELOCITY]],
        )
        found.setdefault(row[TRACK], []).append(note)
    parts = tuple(_part(place, layout.tracks[place], notes, like) for place, notes in sorted(found.items()))
    return Score(parts, like.tempo, like.meter, like.pickup, like.key, like.title)


def nearest(values: Sequence[int], wanted: float) -> int:
    """The place of the value nearest to ``wanted`` in a rising list; the smaller one of two as near."""
    place = bisect_left(values, wanted)
    if place == 0:
        return 0
    if place == len(values) or wanted - values[place - 1] <= values[place] - wanted:
        return place - 1
    return place


def track_of(part: Part, layout: EventsLayout) -> int:
    """The track on which a part plays. Raises ValueError for drums where there are none."""
    if part.drums:
        if DRUMS not in layout.tracks:
            raise ValueError("it has drums, and the model knows none")
        return layout.tracks.index(DRUMS)
    tuned = [place for place, program in enumerate(layout.tracks) if program != DRUMS]
    if not tuned:
        raise ValueError("the model knows drums only")
    # Programs come in families of eight: the same one first, then the nearest number.
    return min(
        tuned,
        key=lambda n: (layout.tracks[n] // 8 != part.program // 8, abs(layout.tracks[n] - part.program)),
    )


def _events(score: Score, layout: EventsLayout) -> list[tuple[int, int, Note]]:
    found = []
    for part in score.parts:
        if part.notes:
            track = track_of(part, layout)
            found += [(round(note.start / TICKS_A_UNIT), track, note) for note in part.notes]
    return found


def _part(place: int, program: int, notes: list[Note], like: Score) -> Part:
    drums = program == DRUMS
    name = "Drums" if drums else f"Track {place + 1}"
    named = [part for part in like.parts if part.drums == drums and (drums or part.program == program)]
    return part_of(named[0].name if named else name, _apart(notes), max(0, program), drums=drums)


def _apart(notes: list[Note]) -> list[Note]:
    """Notes of one pitch that overlap are cut where the next one begins; of twins the longer one stays."""
    kept: dict[int, list[Note]] = {}
    for note in sorted(notes):
        row = kept.setdefault(note.pitch, [])
        if row and row[-1].start == note.start:
            row[-1] = max(row[-1], note, key=lambda one: one.duration)
            continue
        if row and row[-1].end > note.start:
            row[-1] = Note(row[-1].start, row[-1].pitch, note.start - row[-1].start, row[-1].velocity)
        row.append(note)
    return [note for row in kept.values() for note in row]
