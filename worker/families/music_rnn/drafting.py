"""From what is asked for to what is given and what is free: the drafts of new music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from worker.music.score import SIXTEENTH, TICKS, Key, Part, Score

from .composing import ANEW, FREE, Draft, is_given
from .events_codec import TICKS_A_UNIT
from .events_layout import starts_of
from .framing import framed
from .layouts import AnyLayout, encode, plan_of
from .plan import Plan
from .style import Style
from .voices_layout import HOLD, VoicesLayout

#: Longest piece, in steps of its representation.
MOST_STEPS = 4096
#: So many events a quarter of a piece are the most that a draft has room for, ...
EVENTS_A_QUARTER = 24
#: ... if so many are not more than the longest piece may have, and at least so many.
FEWEST_EVENTS = 16
#: Ways on that a composition follows when nobody says how many.
CARE = 8


@dataclass(frozen=True)
class Dials:
    """How freely is chosen: ``temperature``, ``top_p``, and the ``seed`` of all chance."""

    temperature: float
    top_p: float
    seed: int


@dataclass(frozen=True)
class Wish:
    """One piece to be made. After ``draft`` is written, each of ``moves`` frees some of its codes (steps,
    slots) again, one after another, and draws them anew around the others.

    ``like`` is a piece with the tempo, meter, pickup, key and parts that the new one gets; ``melody`` stands
    in the place of its first part, note for note, whatever grid the network has seen it on.
    """

    draft: Draft
    like: Score
    moves: tuple[Tensor, ...] = ()
    melody: Part | None = None

    @property
    def work(self) -> int:
        """Rows times steps that it takes."""
        return self.draft.particles * len(self.draft.given) * (1 + len(self.moves))

    def kept(self, score: Score) -> Score:
        """What was written, with the melody as it was given."""
        if self.melody is None:
            return score
        first = replace(score.parts[0], notes=self.melody.notes)
        return replace(score, parts=(first, *score.parts[1:]))

    def moved(self, codes: Tensor, move: int) -> Draft:
        """The draft of the ``move``-th move from what has been written."""
        first = self.draft
        given = torch.where(self.moves[move], FREE, codes)
        return Draft(
            given,
            first.plan,
            first.temperature,
            first.top_p,
            first.seed,
            first.stream + 1 + move,
            first.particles,
            codes,
        )


def composition(
    layout: AnyLayout,
    style: Style,
    *,
    bars: int,
    seed: int,
    key: Key | None = None,
    temperature: float = 0.95,
    top_p: float = 0.95,
    care: int = CARE,
) -> Draft:
    """A draft in which everything is free, but for voices in a key: those begin and end in it, and ``care``
    ways are followed.
    """
    empty = style.empty()
    length = bars * empty.bar // unit(layout)
    plan = Plan(max(1, empty.bar // unit(layout)), 0, length, key)
    steps = length if isinstance(layout, VoicesLayout) else _room(layout, length)
    given = torch.full((steps, len(layout.slots)), FREE)
    if key is None or not isinstance(layout, VoicesLayout):
        return Draft(given, plan, temperature, top_p, seed)
    given = framed(given, layout, style.ranges, key, source_of(seed))
    return Draft(given, plan, temperature, top_p, seed, particles=care)


def source_of(seed: int) -> np.random.Generator:
    """Chance for what is decided before the first note."""
    return np.random.default_rng((seed, 2**31))


def beginning(layout: AnyLayout, piece: Score, kept: int, end: int) -> tuple[Tensor, Plan]:
    """The codes of a piece up to the tick ``kept``, and the plan of one that goes on to the tick ``end``."""
    plan = replace(plan_of(piece, layout), length=-(-end // unit(layout)), key=piece.key)
    codes = encode(piece, layout)
    if isinstance(layout, VoicesLayout):
        return codes[: -(-kept // SIXTEENTH)], plan
    return codes[starts_of(codes) < kept // TICKS_A_UNIT], plan


def bridge(
    layout: VoicesLayout, first: Score, second: Score, *, keep: int, between: int
) -> tuple[Tensor, Plan]:
    """The first ``keep`` bars of one piece, ``between`` free bars, and the last ``keep`` of another."""
    head = encode(first, layout)[: first.bar_start(keep + bool(first.pickup)) // SIXTEENTH]
    from_bar = max(0, second.bars - keep)
    start = second.bar_start(from_bar) // SIXTEENTH
    tail = encode(second, layout)[start:]
    # What is held over the cut sounds on from nowhere: it begins anew.
    tail[0] = _origins(encode(second, layout)[: start + 1])[-1]
    plan = plan_of(first, layout)
    # The free bars begin where the head ends; where the tail begins is the same place of a bar as in its own
    # piece: a bar line, or with a pickup that is kept somewhere before one.
    place = plan_of(second, layout).offset if from_bar == 0 else 0
    fill = (place - plan.offset - len(head)) % plan.bar
    middle = torch.full((between * plan.bar + fill, layout.voices), FREE)
    given = torch.cat([head, middle, tail])
    return given, replace(plan, length=len(given), key=first.key)


def continuation(layout: AnyLayout, codes: Tensor, plan: Plan, dials: Dials) -> Draft:
    """A draft that begins with ``codes`` (T, slots) and goes on to the length of ``plan``."""
    room = _room(layout, plan.length, len(codes))
    steps = plan.length if isinstance(layout, VoicesLayout) else len(codes) + room
    given = torch.full((steps, codes.shape[1]), FREE)
    given[: len(codes)] = codes
    if isinstance(layout, VoicesLayout):
        # A kept note is as long as it was given.
        given[len(codes) : len(codes) + 1] = ANEW
    return Draft(given, plan, dials.temperature, dials.top_p, dials.seed)


def around(given: Tensor, plan: Plan, dials: Dials, particles: int) -> Draft:
    """A draft that fills in what is free in ``given``, steered by what is given after it."""
    return Draft(given, plan, dials.temperature, dials.top_p, dials.seed, particles=particles)


def sweeps(given: Tensor, rounds: int) -> tuple[Tensor, ...]:
    """One move for each voice that is free somewhere, ``rounds`` times: Gibbs sampling voice by voice."""
    free = given == FREE
    found = []
    for _ in range(rounds):
        for voice in range(given.shape[1]):
            if bool(free[:, voice].any()):
                mask = torch.zeros_like(free)
                mask[:, voice] = free[:, voice]
                found.append(mask)
    return tuple(found)


def freed(codes: Tensor, score: Score, bars: Sequence[int], voices: Sequence[int]) -> Tensor:
    """``codes`` of the voices representation with some bars (from 0) of some voices set free.

    What was held out of a freed bar into one that stays begins anew there, as it must sound as it did.
    """
    given = codes.clone()
    for bar in bars:
        start, end = score.bar_start(bar) // SIXTEENTH, score.bar_start(bar + 1) // SIXTEENTH
        for voice in voices:
            given[start:end, voice] = FREE
    torn = torch.zeros_like(given, dtype=torch.bool)
    torn[1:] = (given[1:] == HOLD) & (given[:-1] == FREE)
    return torch.where(torn, _origins(codes), given)


def _origins(codes: Tensor) -> Tensor:
    """At each step the last code of each voice up to it that is no hold; hold before the first."""
    at = torch.arange(len(codes))[:, None].expand(codes.shape)
    return codes.gather(0, torch.where(codes == HOLD, 0, at).cummax(dim=0).values)


def some_bars(count: int, strength: float, seed: int) -> list[int]:
    """Which of ``count`` bars a variation changes: about a share of ``strength``, at least one."""
    source = np.random.default_rng((seed, 1))
    changed = max(1, round(strength * count))
    return sorted(int(bar) for bar in source.permutation(count)[:changed])


def passages(given: Tensor) -> list[tuple[int, int, int]]:
    """What of a draft of voices was given, as (start tick, end tick, voice)."""
    found = []
    for voice in range(given.shape[1]):
        edges = np.flatnonzero(np.diff(np.r_[False, is_given(given[:, voice]).numpy(), False]))
        for start, end in edges.reshape(-1, 2).tolist():
            found.append((start * SIXTEENTH, end * SIXTEENTH, voice))
    return found


def unit(layout: AnyLayout) -> int:
    """Ticks of a grid unit of the layout."""
    return SIXTEENTH if isinstance(layout, VoicesLayout) else TICKS_A_UNIT


def _room(layout: AnyLayout, length: int, written: int = 0) -> int:
    """How many events may follow ``written`` ones in a piece of so many units."""
    wanted = length * unit(layout) * EVENTS_A_QUARTER // TICKS
    return max(FEWEST_EVENTS, min(wanted, MOST_STEPS - written))
