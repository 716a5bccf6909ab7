"""The cheapest way to give the notes of all slices to a fixed number of voices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise, product

import numpy as np
import numpy.typing as npt

from worker.music.score import Note
from worker.music.slices import Slice

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
REST = -1


@dataclass(frozen=True)
class Costs:
    """What an assignment costs. Distances in semitones.

    Measured on the four-part chorales of J. S. Bach. Files that were once piano rolls let a note go on where
    another voice takes its pitch over, so going on binds little; a crossing binds nearly always.

    ``move``: a semitone between two notes of a voice. ``away``: a semitone from the voice's middle.
    ``cross``: a lower voice above a higher one, and ``cross_step`` for each semitone of it. ``rest``: a
    silent voice. ``unison``: two voices on one note. ``leave``, ``join``: a voice that leaves a note that
    goes on, or joins one in its middle. ``hand``: a note that goes on in other voices altogether.
    """

    move: float = 1.0
    away: float = 0.15
    cross: float = 25.0
    cross_step: float = 1.0
    rest: float = 40.0
    unison: float = 1.0
    leave: float = 1.0
    join: float = 1.0
    hand: float = 2.0


COSTS = Costs()


def best_path(
    notes: Sequence[Note], slices: Sequence[Slice], count: int, costs: Costs = COSTS
) -> list[tuple[int, ...]]:
    """For each slice the note (its place in ``notes``, or REST) of each of ``count`` voices, high to low.

    Every note of a slice is held by a voice; several voices may hold one.
    """
    if not slices:
        return []
    pitches = np.array([*(note.pitch for note in notes), 0], dtype=np.float64)
    middles = _middles(pitches, slices, count)
    held = _held(slices[0], count)
    total = _standing(pitches, held, middles, costs)
    steps: list[tuple[Places, Places]] = []
    for before, after in pairwise(slices):
        following = _held(after, count)
        moves = total[:, None] + _moving(pitches, held, following, _lasting(before, after), costs)
        cheapest = moves.argmin(axis=0)
        steps.append((held, cheapest))
        total = moves[cheapest, np.arange(len(following))]
        total = total + _standing(pitches, following, middles, costs)
        held = following
    state = int(total.argmin())
    path = [tuple(held[state].tolist())]
    for held, cheapest in reversed(steps):
        state = int(cheapest[state])
        path.append(tuple(held[state].tolist()))
    return path[::-1]


@cache
def _assignments(notes: int, voices: int) -> Places:
    """All ways in which each of the notes is held: rows of a place among them, or REST, for each voice."""
    rows = product((REST, *range(notes)), repeat=voices)
    return np.array([row for row in rows if len(set(row) - {REST}) == notes], dtype=np.int64)


def _held(piece: Slice, count: int) -> Places:
    places = np.array([*piece.notes, REST], dtype=np.int64)
    return places[_assignments(len(piece.notes), count)]


def _lasting(before: Slice, after: Slice) -> list[int]:
    return [place for place in after.notes if place in before.notes] if before.end == after.start else []


def _middles(pitches: Floats, slices: Sequence[Slice], count: int) -> Floats:
    """The middle pitch of each voice, from the slices in which every voice has its own note."""
    full = [piece.notes for piece in slices if len(piece.notes) == count]
    if not full:
        return np.full(count, pitches[:-1].mean())
    middles: Floats = np.median(pitches[np.array(full)], axis=0)
    return middles


def _standing(pitches: Floats, held: Places, middles: Floats, costs: Costs) -> Floats:
    """What each assignment (a row of ``held``) costs by itself."""
    sounds, heights = held != REST, pitches[held]
    cost: Floats = costs.rest * (~sounds).sum(axis=1) + costs.away * (np.abs(heights - middles) * sounds).sum(
        axis=1
    )
    for upper, lower in combinations(range(held.shape[1]), 2):
        both = sounds[:, upper] & sounds[:, lower]
        above = heights[:, lower] - heights[:, upper]
        cost += both * (above > 0) * (costs.cross + costs.cross_step * above)
        cost += costs.unison * (both & (held[:, upper] == held[:, lower]))
    return cost


def _moving(pitches: Floats, before: Places, after: Places, lasting: list[int], costs: Costs) -> Floats:
    """What it costs to go from each row of ``before`` to each row of ``after``."""
    old, new = before[:, None, :], after[None, :, :]
    same = old == new
    both = (old != REST) & (new != REST)
    cost: Floats = costs.move * (np.abs(pitches[old] - pitches[new]) * both).sum(axis=2)
    if lasting:
        cost += costs.leave * (np.isin(old, lasting) & ~same).sum(axis=2)
        cost += costs.join * (np.isin(new, lasting) & ~same).sum(axis=2)
    for place in lasting:
        cost += costs.hand * ~(same & (new == place)).any(axis=2)
    return cost
