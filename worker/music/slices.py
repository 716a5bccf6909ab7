"""A part cut where anything begins or ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from worker.music.score import Note


@dataclass(frozen=True, slots=True)
class Slice:
    """From ``start`` to ``end`` (ticks) the same notes sound: ``notes``, places in the part, high to low."""

    start: int
    end: int
    notes: tuple[int, ...]


def slices_of(notes: Sequence[Note], most: int) -> list[Slice]:
    """The slices in which anything sounds. Of more than ``most`` notes inner ones go, the shortest first.

    A note left out of one slice is left out of all, so that none is torn.
    """
    cuts = sorted({tick for note in notes for tick in (note.start, note.end)})
    by_start = sorted(range(len(notes)), key=lambda place: notes[place].start)
    slices: list[Slice] = []
    sounding: list[int] = []
    dropped: set[int] = set()
    at = 0
    for start, end in pairwise(cuts):
        sounding = [place for place in sounding if notes[place].end > start]
        while at < len(by_start) and notes[by_start[at]].start <= start:
            sounding.append(by_start[at])
            at += 1
        here = sorted(
            (place for place in sounding if place not in dropped), key=lambda place: -notes[place].pitch
        )
        while len(here) > most:
            least = min(here[1:-1], key=lambda place: notes[place].duration)
            dropped.add(least)
            here.remove(least)
        if here:
            slices.append(Slice(start, end, tuple(here)))
    # What was left out of a later slice goes from the earlier ones too.
    kept = [(piece, tuple(place for place in piece.notes if place not in dropped)) for piece in slices]
    return [Slice(piece.start, piece.end, rest) for piece, rest in kept if rest]
