"""A data set's music in memory: which representation fits it, and its pieces as codes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from shared.errors import InvalidInput
from worker.breathing import breathe
from worker.family import Item
from worker.music.midi_in import read_midi
from worker.music.score import TICKS, Score
from worker.music.theory.frames import notes_of
from worker.music.theory.key import find_key
from worker.music.voices import separate, voice_count
from worker.selecting import with_label

from .batches import Piece
from .events_codec import DRUMS
from .events_layout import MOST_TRACKS, EventsLayout
from .layouts import AnyLayout, encode, plan_of
from .style import Style
from .voices_layout import VoicesLayout

FEWEST_PIECES = 6
#: A tenth of the pieces, at least one and at most so many, is never learned from.
MOST_HELD_OUT = 64
#: Voices fit when so large a share of the pieces has the same number of them.
ALIKE = 0.8
#: A piece that is shorter than this many quarters teaches nothing.
SHORTEST = 8
LOWEST, HIGHEST = 21, 108


@dataclass(frozen=True)
class Work:
    """A piece of the data set as it is learned: its name, notes and codes."""

    name: str
    score: Score
    piece: Piece


@dataclass(frozen=True)
class Corpus:
    """What a training learns from and what it is judged by. ``left_out`` are names of pieces that do not fit
    the representation.
    """

    layout: AnyLayout
    train: list[Work]
    held_out: list[Work]
    style: Style
    left_out: list[str]


def load_corpus(
    items: Sequence[Item], *, representation: str, only: str, transpose: int, layout: AnyLayout | None = None
) -> Corpus:
    """Read, choose a representation unless ``layout`` is given, encode and split.

    Raises:
        InvalidInput: too few pieces are left, or too few fit the representation or the layout.
    """
    scores = _read(with_label(list(items), only, what="piece"))
    _require(len(scores), "")
    if layout is None:
        voices = _common_voices(scores, representation)
        fitting = _in_voices(scores, voices) if voices else _in_events(scores)
        _require(len(fitting), " with the same number of voices")
        layout = _voices_layout(fitting, voices, transpose) if voices else _events_layout(fitting, transpose)
    elif isinstance(layout, VoicesLayout):
        fitting = _in_voices(scores, layout.voices)
    else:
        fitting = _in_events(scores)
    works = list(_works(fitting, layout))
    _require(len(works), " that fit the version")
    held = _held_out([work.name for work in works])
    left_out = sorted({name for name, _ in scores} - {work.name for work in works})
    return Corpus(
        layout,
        [work for work in works if work.name not in held],
        [work for work in works if work.name in held],
        style_of([work.score for work in works]),
        left_out,
    )


def style_of(scores: Sequence[Score]) -> Style:
    """What is usual in these pieces."""
    longest = max(scores, key=lambda score: len(score.parts))
    keys = Counter(score.key for score in scores if score.key is not None)
    return Style(
        tempo=round(median(score.tempo for score in scores), 1),
        meter=Counter(score.meter for score in scores).most_common(1)[0][0],
        programs=tuple(part.program for part in longest.parts),
        names=tuple(part.name for part in longest.parts),
        ranges=tuple(_part_range(scores, place) for place in range(len(longest.parts))),
        bars=round(median(score.bars for score in scores)),
        keys=tuple((key.tonic, key.mode, count) for key, count in keys.most_common()),
    )


def _part_range(scores: Sequence[Score], place: int) -> tuple[int, int]:
    pitches = [
        note.pitch for score in scores for part in score.parts[place : place + 1] for note in part.notes
    ]
    return min(pitches, default=0), max(pitches, default=127)


def with_key(score: Score) -> Score:
    """The piece with the key that its notes show, where they show one."""
    found = find_key(notes_of(score))
    return score if found is None else replace(score, key=found.key)


def _read(items: Sequence[Item]) -> list[tuple[str, Score]]:
    found = []
    for item in items:
        breathe()
        score = read_midi(item.path.read_bytes()).score
        if score.end >= SHORTEST * TICKS:
            found.append((item.name, score))
    return found


def _common_voices(scores: Sequence[tuple[str, Score]], representation: str) -> int:
    """How many voices most pieces have, 0 for the events representation."""
    if representation == "events":
        return 0
    counts = Counter(voice_count(score) for _, score in scores)
    voices, pieces = counts.most_common(1)[0]
    if voices is not None and pieces >= ALIKE * len(scores):
        return voices
    if representation == "voices":
        known = {count: n for count, n in counts.items() if count is not None}
        if not known or max(known.values()) < FEWEST_PIECES:
            raise InvalidInput(
                "Too few of these pieces have the same number of voices. Choose “events”, which "
                "takes any music.",
                field="representation",
                code="needs_voices",
            )
        return max(known, key=lambda count: known[count])
    return 0


def _in_voices(scores: Sequence[tuple[str, Score]], voices: int) -> list[tuple[str, Score]]:
    fitting = [(name, score) for name, score in scores if voice_count(score) == voices]
    return [
        (name, with_key(separate(score, voices) if voices <= 4 else separate(score)))
        for name, score in fitting
    ]


def _in_events(scores: Sequence[tuple[str, Score]]) -> list[tuple[str, Score]]:
    return [(name, with_key(score)) for name, score in scores]


def _voices_layout(works: Sequence[tuple[str, Score]], voices: int, transpose: int) -> VoicesLayout:
    low, high = _range(works, transpose)
    return VoicesLayout(voices, low, high)


def _events_layout(works: Sequence[tuple[str, Score]], transpose: int) -> EventsLayout:
    counts: Counter[int] = Counter()
    for _, score in works:
        for part in score.parts:
            counts[DRUMS if part.drums else part.program] += len(part.notes)
    tracks = tuple(sorted(program for program, _ in counts.most_common(MOST_TRACKS)))
    low, high = _range(works, transpose)
    return EventsLayout(tracks, low, high)


def _range(works: Sequence[tuple[str, Score]], transpose: int) -> tuple[int, int]:
    """Lowest and highest pitch, with room to transpose."""
    pitches = [note.pitch for _, score in works for _, note in score.notes()]
    low, high = min(pitches), max(pitches)
    return max(min(low, LOWEST), low - transpose), min(max(high, HIGHEST), high + transpose)


def _require(count: int, which: str) -> None:
    if count < FEWEST_PIECES:
        raise InvalidInput(
            f"{count} pieces{which} are too few to learn from: at least {FEWEST_PIECES} are needed, and some "
            "hundreds give much better results.",
            field="dataset",
            code="too_few_works",
        )


def _works(scores: Sequence[tuple[str, Score]], layout: AnyLayout) -> Iterator[Work]:
    """The pieces that the layout can hold."""
    for name, score in scores:
        try:
            piece = Piece(name, encode(score, layout), replace(plan_of(score, layout), key=score.key))
        except ValueError:
            continue
        yield Work(name, score, piece)


def _held_out(names: Sequence[str]) -> set[str]:
    """The same pieces whatever the training's seed, and whatever else is in the data set."""
    count = min(MOST_HELD_OUT, max(1, len(names) // 10))
    return set(sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:count])
