"""Pieces for the tests of music theory: small ones from pitches, and a chorale by Bach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worker.music.score import TICKS, Note, Part, Score, part_of

NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def line(text: str, name: str = "Line", at: int = 0) -> Part:
    """A part from "60:24 62 64:48 .:24": pitches with ticks where they change; a point is a rest."""
    notes, length = [], TICKS
    for word in text.split():
        pitch, _, ticks = word.partition(":")
        length = int(ticks) if ticks else length
        if pitch != ".":
            notes.append(Note(at, int(pitch), length))
        at += length
    return part_of(name, notes)


def lines(*texts: str, **rest: object) -> Score:
    """A score of such parts, from high to low."""
    parts = tuple(line(text, NAMES[place % 4]) for place, text in enumerate(texts))
    return Score(parts, **rest)  # type: ignore[arg-type]


def blocks(chords: Sequence[Sequence[int]], ticks: int = TICKS) -> Score:
    """Chords of equal length, each given from high to low."""
    return lines(*(" ".join(f"{pitch}:{ticks}" for pitch in voice) for voice in zip(*chords, strict=True)))


def aus_meines_herzens_grunde() -> Score:
    """BWV 269 by Johann Sebastian Bach, G major, 3/4 with a pickup of a quarter."""
    return lines(
        "67:24 67:48 74:24 71:36 69:12 67:24 67:36 69:12 71:24 69:48 71:24 74:48 72:24 71 69:48 67 "
        "71:24 71 72 74 74:36 72:12 71:24 69:48 67:24 71:48 72:24 74:48 72:24 71:72 67:48 71:24 74:48 "
        "72:24 71:48 69:24 67:36 69:12 71:24 69:48 71:24 74:48 72:24 71 69:48 67",
        "62:24 62 64 62 62:48 59:24 64:12 62 64 66 67:24 66:48 67:24 62 64 66 67:48 66:24 62:48 67:24 "
        "67:12 66 64 66 67:36 69:12 67 66 67:24 66:48 64:24 64 66:12 67 69:24 69 67:36 66:12 67:48 "
        "65:24 64:48 67:24 69:36 67:12 66:24 67:48 66:24 66:12 64 64 66 67:24 66:48 67:24 69:48 67:12 "
        "66 67:48 66:24 62:48",
        "59:24 59 60:12 59 57:24 55 54 55 60:12 59 60:24 62 62:48 62:24 57 59 60 62 64 62:12 60 59:48 "
        "62:24 62 60 59:12 57 59 60 62:24 62 62:48 59:24 55 59 64 62:48 62:24 62:72 60:48 62:24 62:12 "
        "60 59:24 60 62:48 62:12 60 59:24 60 62 62:48 62:24 62:48 64:24 64:48 62:12 60 59:48",
        "43:24 55 52 54 55 50 52 48 47:12 45 43:24 50:48 43:24 42 43 45 47 48 50 43:48 43:24 43 45 47 "
        "47:36 45:12 43:24 50:48 52 50:24 48 47:36 48:12 50:24 43:12 45 47:24 43 48:48 43:24 42 43 45 "
        "47 43 50 52:12 50 48 47 45 43 50:48 55 54:24 52:36 50:12 48:24 50 43:48",
        meter=(3, 4),
        pickup=TICKS,
        tempo=80.0,
        title="Aus meines Herzens Grunde",
    )


def at_random(seed: int, count: int, parts: int = 1, step: int = 6) -> Score:
    """Parts of notes at random, one after the other."""
    draw = np.random.default_rng(seed)
    rows = draw.integers(55, 80, (parts, count)).tolist()
    return Score(
        tuple(
            part_of(f"Part {place}", [Note(at * step, pitch, step) for at, pitch in enumerate(row)])
            for place, row in enumerate(rows)
        )
    )
