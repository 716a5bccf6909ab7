"""The published chorales as scores."""

from __future__ import annotations

from bench.music.data import CHORALES, codes_of, pitches
from worker.families.music_rnn.voices_codec import NAMES, decode
from worker.music.score import Part, Score

TEMPO = 80.0
_EMPTY = Score(tuple(Part(name, ()) for name in NAMES[4]), TEMPO)


def scores(split: str) -> list[Score]:
    """The chorales of "train", "valid" or "test"; equal pitches in a row are one held note."""
    return [decode(codes_of(row), CHORALES, _EMPTY) for row in pitches(split)]
