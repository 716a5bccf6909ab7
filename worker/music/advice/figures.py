"""The figures of a piece, flat, for percentiles and rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import log2
from pathlib import Path

from worker.advice.catalogue import Catalogue, read_catalogue
from worker.music.score import Note, Score
from worker.music.theory.analysis import Analysis
from worker.music.theory.cadences import IMPERFECT, PERFECT
from worker.music.theory.frames import notes_of
from worker.music.theory.texture import beats_a_minute

_MIDDLE_C = 60
#: Tones of the scale in semitones above the tonic; minor has its raised sixth and seventh too.
_SCALES = {"major": {0, 2, 4, 5, 7, 9, 11}, "minor": {0, 2, 3, 5, 7, 8, 9, 10, 11}}
#: What each figure needs to be heard in a piece. Others count something, and then 0 is so.
_OF_NOTES = ("tempo.bpm", "rhythm.onsets", "density.notes", "mood.valence", "mood.arousal")
_OF_SEVERAL = ("rhythm.variety",)
_OF_BARS = ("repetition.share",)
_OF_PITCHES = ("density.sounding", "range.mean", "range.width")
_OF_A_KEY = ("key.major", "key.clearness", "harmony.chromatic")
_OF_CHORDS = ("harmony.pace", "harmony.kinds", "harmony.dominants")
_OF_CLOSES = ("cadences.perfect",)
_OF_A_MELODY = ("melody.range", "melody.steps", "melody.repeats")
_OF_VOICES = ("voices.faults",)


@cache
def catalogue() -> Catalogue:
    """Titles and units of the figures."""
    return read_catalogue(Path(__file__).parent / "rules" / "figures.toml")


def figures_of(analysis: Analysis) -> dict[str, float]:
    """Every figure of a piece by name; all are there for any piece, and finite.

    Shares are 0 to 1. What a piece has no notes, chords or closes for is 0.
    """
    score = analysis.score
    melody = melody_of(score)
    found = {
        "tempo.bpm": score.tempo,
        "rhythm.onsets": beats_a_minute(score),
        "rhythm.variety": _entropy([note.duration for _, note in score.notes()]),
        "density.notes": analysis.density.notes_per_second,
        "density.sounding": analysis.density.sounding,
        "repetition.share": analysis.repetition.share,
        "length.bars": score.bars,
        "length.seconds": score.seconds,
        "mood.valence": analysis.mood.valence,
        "mood.arousal": analysis.mood.arousal,
        **_key(analysis),
        **_harmony(analysis),
        **_cadences(analysis),
        **_melody(melody),
        **_range(score),
        **_voices(analysis),
    }
    return {name: round(float(value), 6) for name, value in found.items()}


def figures_heard(analysis: Analysis) -> dict[str, float]:
    """The figures without those that a piece has nothing for: no rule speaks of the melody of drums, or of
    the closes of a piece without chords.
    """
    found = figures_of(analysis)
    for name in _nothing_for(analysis):
        del found[name]
    return found


def _nothing_for(analysis: Analysis) -> set[str]:
    """The figures that are 0 because there is nothing to measure."""
    score = analysis.score
    notes, pitched = len(list(score.notes())), len(notes_of(score))
    bars = Counter(score.bar_of(note.start) for _, note in score.notes())
    closes = [one for one in analysis.cadences if one.kind in (PERFECT, IMPERFECT)]
    lacking = {
        _OF_NOTES: notes == 0,
        _OF_SEVERAL: notes < 2,
        # Bars of one note are not compared.
        _OF_BARS: max(bars.values(), default=0) < 2,
        _OF_PITCHES: pitched == 0,
        _OF_A_KEY: analysis.key is None,
        _OF_CHORDS: not analysis.chords,
        _OF_CLOSES: not closes,
        _OF_A_MELODY: not _moves(melody_of(score)),
        _OF_VOICES: not analysis.voice_leading.chords,
    }
    return {name for names, absent in lacking.items() if absent for name in names}


def melody_of(score: Score) -> Sequence[Note]:
    """The notes of the part that lies highest on average; none where there is no pitched note."""
    parts = [part.notes for part in score.parts if part.notes and not part.drums]
    return max(parts, key=lambda notes: sum(note.pitch for note in notes) / len(notes), default=())


def _key(analysis: Analysis) -> dict[str, float]:
    key = analysis.key
    if key is None:
        return {"key.major": 0.0, "key.clearness": 0.0, "harmony.chromatic": 0.0}
    notes = notes_of(analysis.score)
    length = (notes.end - notes.start).astype(float)
    scale = _SCALES[key.key.mode]
    outside = [(int(pitch) - key.key.tonic) % 12 not in scale for pitch in notes.pitch]
    return {
        "key.major": 1.0 if key.key.mode == "major" else -1.0,
        "key.clearness": key.clearness,
        "harmony.chromatic": float(length[outside].sum() / length.sum()),
    }


def _harmony(analysis: Analysis) -> dict[str, float]:
    chords = analysis.chords
    bars = analysis.score.end / analysis.score.bar if analysis.score.bar else 0.0
    if not chords or not bars:
        return {"harmony.pace": 0.0, "harmony.kinds": 0.0, "harmony.dominants": 0.0}
    dominants = sum(chord.function.role in "DA" for chord in chords)
    return {
        "harmony.pace": len(chords) / bars,
        "harmony.kinds": 100.0 * len({(chord.key, chord.roman) for chord in chords}) / len(chords),
        "harmony.dominants": dominants / len(chords),
    }


def _cadences(analysis: Analysis) -> dict[str, float]:
    closes = [one for one in analysis.cadences if one.kind in (PERFECT, IMPERFECT)]
    perfect = sum(one.kind == PERFECT for one in closes)
    last = analysis.cadences[-1] if analysis.cadences else None
    ends = (
        last is not None and last.kind == PERFECT and last.tick >= analysis.score.end - 2 * analysis.score.bar
    )
    return {
        "cadences.closes": len(closes),
        "cadences.perfect": perfect / len(closes) if closes else 0.0,
        "cadences.final": float(ends),
    }


def _melody(notes: Sequence[Note]) -> dict[str, float]:
    moves = _moves(notes)
    pitches = [note.pitch for note in notes]
    return {
        "melody.range": max(pitches) - min(pitches) if pitches else 0.0,
        "melody.steps": sum(1 <= move <= 2 for move in moves) / len(moves) if moves else 0.0,
        "melody.repeats": sum(move == 0 for move in moves) / len(moves) if moves else 0.0,
    }


def _moves(notes: Sequence[Note]) -> list[int]:
    """By how many semitones a melody moves, note by note."""
    return [abs(b.pitch - a.pitch) for a, b in pairwise(notes) if b.start > a.start]


def _range(score: Score) -> dict[str, float]:
    notes = notes_of(score)
    if not len(notes):
        return {"range.mean": 0.0, "range.width": 0.0}
    length = notes.end - notes.start
    mean = float((notes.pitch * length).sum() / length.sum())
    return {"range.mean": mean - _MIDDLE_C, "range.width": float(notes.pitch.max() - notes.pitch.min())}


def _voices(analysis: Analysis) -> dict[str, float]:
    leading = analysis.voice_leading
    count = leading.counts.get
    faults = sum(leading.counts.values())
    return {
        "voices.chords": leading.chords,
        "voices.faults": 100.0 * faults / leading.chords if leading.chords else 0.0,
        "voices.parallels": count("parallel_fifths", 0) + count("parallel_octaves", 0),
        "voices.hidden": count("hidden_fifths", 0) + count("hidden_octaves", 0),
        "voices.crossings": count("crossing", 0),
        "voices.leaps": count("leap", 0),
        "voices.spacing": count("spacing", 0),
    }


def _entropy(values: Sequence[int]) -> float:
    counts = Counter(values)
    total = sum(counts.values())
    return -sum(n / total * log2(n / total) for n in counts.values()) if len(counts) > 1 else 0.0
