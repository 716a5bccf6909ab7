"""Pieces of music as they are compared: a plain vector of what notes do, and their figures.

The vector holds shares that no transposition changes: how long each degree of the key sounds, the steps of
the melody and of the bass, how long notes are, where in the beat they begin; and some figures beside them. A
collection divides each by its own deviation, so that all count alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from worker.music.advice.figures import figures_of, melody_of
from worker.music.score import SIXTEENTH, TICKS, Note, Score
from worker.music.theory.analysis import Analysis, analyze
from worker.music.theory.frames import notes_of
from worker.music.voices import apart, voice_count

from .traits import Real, Traits

#: Steps beyond this many semitones are counted together.
_WIDEST = 8
#: Upper bounds of lengths of notes in sixteenths; longer ones are counted together.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12)
_BESIDE = (
    "tempo.bpm", "rhythm.onsets", "rhythm.variety", "density.notes", "density.sounding", "key.major",
    "harmony.pace", "harmony.kinds", "harmony.dominants", "harmony.chromatic", "repetition.share",
    "melody.range", "melody.steps", "melody.repeats", "range.mean", "range.width", "mood.valence",
    "mood.arousal",
)  # fmt: skip
#: So many steps, or beginnings of notes, in a row are a motif, when they come at least so often.
_STEPS, _OFTEN, _MOTIFS = 4, 2, 6


def traits_of(score: Score) -> Traits:
    """The traits of a piece."""
    found = analyze(apart(score))
    figures = figures_of(found)
    return Traits(
        _vector(found, figures),
        (found.mood.valence, found.mood.arousal),
        figures,
        words=_words(found),
        motifs=motifs_of(melody_of(found.score)),
        facts=_facts(score),
    )


def motifs_of(melody: Sequence[Note]) -> tuple[str, ...]:
    """The patterns of a melody that come back, the most frequent first: "steps +2 +2 -4 -1", in semitones,
    and "rhythm 2 2 4 4", in sixteenths. Patterns that stand still or of equal notes are left out.
    """
    moves = [b.pitch - a.pitch for a, b in pairwise(melody)]
    lengths = [b.start - a.start for a, b in pairwise(melody)]
    steps: Counter[str] = Counter()
    rhythms: Counter[str] = Counter()
    for start in range(len(moves) - _STEPS + 1):
        run, beats = moves[start : start + _STEPS], lengths[start : start + _STEPS]
        if len(set(run)) > 1:
            steps["steps " + " ".join(f"{move:+d}" if move else "0" for move in run)] += 1
        if len(set(beats)) > 1:
            rhythms["rhythm " + " ".join(f"{beat / SIXTEENTH:g}" for beat in beats)] += 1
    kept = []
    for counts in (steps, rhythms):
        ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        kept += [name for name, times in ranked[: _MOTIFS // 2] if times >= _OFTEN]
    return tuple(kept)


def _vector(found: Analysis, figures: dict[str, float]) -> Real:
    score = found.score
    notes = notes_of(score)
    tonic = found.key.key.tonic if found.key else 0
    degrees = np.bincount((notes.pitch - tonic) % 12, notes.end - notes.start, minlength=12)
    lines = [part.notes for part in score.parts if part.notes and not part.drums]
    bass = min(lines, key=lambda line: sum(note.pitch for note in line) / len(line), default=())
    parts: list[npt.ArrayLike] = [
        np.sqrt(_shares(degrees)),
        np.sqrt(_shares(_steps(melody_of(score)))),
        np.sqrt(_shares(_steps(bass))),
        np.sqrt(_shares(_lengths(score))),
        np.sqrt(_shares(np.bincount(notes.start % TICKS * 4 // TICKS, minlength=4))),
        [figures[name] for name in _BESIDE],
    ]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def _shares(counts: npt.ArrayLike) -> npt.NDArray[np.float64]:
    values = np.asarray(counts, dtype=np.float64)
    return values / max(float(values.sum()), 1e-9)


def _steps(line: Sequence[Note]) -> list[int]:
    counts = [0] * (2 * _WIDEST + 1)
    for before, after in pairwise(line):
        counts[max(-_WIDEST, min(_WIDEST, after.pitch - before.pitch)) + _WIDEST] += 1
    return counts


def _lengths(score: Score) -> list[int]:
    counts = [0] * (len(_LENGTHS) + 1)
    for _, note in score.notes():
        counts[sum(note.duration > bound * SIXTEENTH for bound in _LENGTHS)] += 1
    return counts


def _words(found: Analysis) -> tuple[str, ...]:
    title = (found.score.title,) if found.score.title else ()
    key = (found.key.key.name,) if found.key else ()
    return (*title, *key, *found.mood.words)


def _facts(score: Score) -> dict[str, int]:
    """What decides which jobs of a maker a piece fits."""
    pitches = [note.pitch for part in score.parts if not part.drums for note in part.notes]
    return {
        "voices": voice_count(score) or 0,
        "bars": score.bars - bool(score.pickup),
        "bar": score.bar,
        "low": min(pitches, default=0),
        "high": max(pitches, default=0),
    }
