"""Scores to codes of the voices representation, and back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from worker.music.score import SIXTEENTH, Note, Part, Score, part_of

from .plan import Plan
from .voices_layout import FIRST_PITCH, HOLD, REST, VoicesLayout

NAMES = {
    1: ("Melody",),
    2: ("Treble", "Bass"),
    3: ("Soprano", "Alto", "Bass"),
    4: ("Soprano", "Alto", "Tenor", "Bass"),
    5: ("Soprano 1", "Soprano 2", "Alto", "Tenor", "Bass"),
}
VELOCITY = 80


def plan_of(score: Score) -> Plan:
    """The bars and length of a piece in sixteenths; its key is the caller's to say."""
    bar = max(1, round(score.bar / SIXTEENTH))
    pickup = round(score.pickup / SIXTEENTH)
    return Plan(bar, (bar - pickup) % bar, -(-score.end // SIXTEENTH))


def encode(score: Score, layout: VoicesLayout) -> Tensor:
    """int64 codes (T, voices), starts and ends moved to the nearest sixteenth.

    Raises:
        ValueError: it has more parts than voices, or a pitch out of range.
    """
    if len(score.parts) > layout.voices:
        raise ValueError(f"it has {len(score.parts)} parts, and there are {layout.voices} voices")
    codes = torch.full((max(1, -(-score.end // SIXTEENTH)), layout.voices), HOLD)
    codes[0] = REST
    for voice, part in enumerate(score.parts):
        _write(codes[:, voice], part.notes, layout)
    return codes


def encode_line(notes: Sequence[Note], layout: VoicesLayout, steps: int) -> Tensor:
    """int64 codes (T,) of one voice, filled with rest to ``steps``. Raises ValueError for a pitch out of
    range.
    """
    column = torch.full((steps,), HOLD)
    column[0] = REST
    _write(column, notes, layout)
    return column


def decode(codes: Tensor, layout: VoicesLayout, like: Score) -> Score:
    """The piece of ``codes`` (T, voices) with the tempo, meter, pickup, key, title and programs of
    ``like``.
    """
    names = NAMES.get(layout.voices) or tuple(f"Voice {n + 1}" for n in range(layout.voices))
    parts = []
    for voice in range(layout.voices):
        given = like.parts[voice] if voice < len(like.parts) else Part(names[voice], ())
        parts.append(part_of(given.name, _read(codes[:, voice].tolist(), layout), given.program))
    return Score(tuple(parts), like.tempo, like.meter, like.pickup, like.key, like.title)


def _write(column: Tensor, notes: Sequence[Note], layout: VoicesLayout) -> None:
    for note in notes:
        if not layout.low <= note.pitch <= layout.high:
            raise ValueError(f"the pitch {note.pitch} is not between {layout.low} and {layout.high}")
        start = min(round(note.start / SIXTEENTH), len(column) - 1)
        end = max(start + 1, round(note.end / SIXTEENTH))
        column[start:end] = HOLD
        column[start] = note.pitch - layout.low + FIRST_PITCH
        if end < len(column):
            column[end] = REST


def _read(codes: Sequence[int], layout: VoicesLayout) -> list[Note]:
    notes: list[Note] = []
    began, pitch = 0, -1
    for step, code in enumerate([*codes, REST]):
        if code == HOLD:
            continue
        if pitch >= 0:
            notes.append(Note(began * SIXTEENTH, pitch, (step - began) * SIXTEENTH, VELOCITY))
        began, pitch = step, -1 if code == REST else code - FIRST_PITCH + layout.low
    return notes
