"""What one set of four-voice pieces is like, beside what ``worker.music.statistics`` compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from worker.music.score import SIXTEENTH, Part, Score
from worker.music.theory.analysis import Analysis, analyze
from worker.music.theory.cadences import IMPERFECT, PERFECT

VOICES = ("Soprano", "Alto", "Tenor", "Bass")


@dataclass(frozen=True)
class Facts:
    """Means over pieces, but ``ranges`` (lowest, median and highest pitch of each voice) over all notes.

    ``clearness`` is that of the key; ``tonic`` the share of pieces whose last bass note is the keynote;
    ``close`` the share whose last cadence goes from dominant to tonic; ``rests`` the share of its piece for
    which a voice is silent; ``length`` of a note in sixteenths; ``repetition`` the share of a piece that has
    been heard in it before.
    """

    pieces: int
    clearness: float
    tonic: float
    close: float
    rests: float
    length: float
    repetition: float
    ranges: tuple[tuple[int, int, int], ...]


def facts_of(scores: Sequence[Score]) -> Facts:
    """Look at each piece; all must have notes in four parts."""
    found = [analyze(score) for score in scores]
    lengths = [note.duration / SIXTEENTH for score in scores for _, note in score.notes()]
    return Facts(
        pieces=len(scores),
        clearness=mean(one.key.clearness if one.key else 0.0 for one in found),
        tonic=mean(map(ends_on_tonic, found)),
        close=mean(map(_closes, found)),
        rests=mean(_silence(part, score.end) for score in scores for part in score.parts),
        length=mean(lengths),
        repetition=mean(one.repetition.share for one in found),
        ranges=tuple(_range([score.parts[n] for score in scores]) for n in range(len(VOICES))),
    )


def ends_on_tonic(found: Analysis) -> bool:
    """Whether the last bass note is the keynote."""
    notes = found.score.parts[-1].notes
    return bool(found.key and notes and notes[-1].pitch % 12 == found.key.key.tonic)


def table(sides: Sequence[tuple[str, Facts]]) -> str:
    """Sides beside each other as Markdown."""
    rows = {
        "Clearness of the key": [f"{one.clearness:.2f}" for _, one in sides],
        "Pieces that end on the keynote": [f"{one.tonic:.0%}" for _, one in sides],
        "Pieces whose last cadence is V – I": [f"{one.close:.0%}" for _, one in sides],
        "A voice is silent": [f"{one.rests:.2%}" for _, one in sides],
        "Mean length of a note, sixteenths": [f"{one.length:.2f}" for _, one in sides],
        "Share of a piece heard in it before": [f"{one.repetition:.0%}" for _, one in sides],
    }
    for n, voice in enumerate(VOICES):
        rows[f"{voice}: lowest, median, highest"] = ["{} {} {}".format(*one.ranges[n]) for _, one in sides]
    lines = [
        "| measure | " + " | ".join(f"{title} ({one.pieces})" for title, one in sides) + " |",
        "|---" * (len(sides) + 1) + "|",
        *(f"| {name} | {' | '.join(values)} |" for name, values in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def _closes(found: Analysis) -> bool:
    return bool(found.cadences) and found.cadences[-1].kind in (PERFECT, IMPERFECT)


def _silence(part: Part, end: int) -> float:
    return 1.0 - sum(note.duration for note in part.notes) / end


def _range(parts: Sequence[Part]) -> tuple[int, int, int]:
    pitches = [note.pitch for part in parts for note in part.notes]
    return min(pitches), int(np.median(pitches)), max(pitches)
