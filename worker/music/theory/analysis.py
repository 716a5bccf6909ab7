"""The whole analysis of a piece, and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from worker.music.score import TEMPO, TICKS, Key, Score
from worker.music.theory.cadences import Cadence, cadences_of
from worker.music.theory.frames import frames_of, notes_of
from worker.music.theory.harmony import read_harmony
from worker.music.theory.key import KeyFound, find_key
from worker.music.theory.mood import Mood, mood_of
from worker.music.theory.phrases import moments_of, phrase_ends
from worker.music.theory.romans import Chord, chords_of
from worker.music.theory.texture import (
    Ambitus,
    Density,
    Repetition,
    ambitus_of,
    beats_a_minute,
    density_of,
    repetition_of,
)
from worker.music.theory.voice_leading import VoiceLeading, judge


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a piece from its notes. ``key`` is None where no pitched note sounds."""

    score: Score = field(repr=False)
    key: KeyFound | None
    chords: tuple[Chord, ...]
    cadences: tuple[Cadence, ...]
    voice_leading: VoiceLeading
    parts: tuple[Ambitus, ...]
    density: Density
    repetition: Repetition
    mood: Mood

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values: ticks, seconds, bars counted from 1 (an incomplete first bar is 0)."""
        score = self.score
        where = _where(score)
        return {
            "atelier_analysis": 1,
            "title": score.title,
            "key": _key(self.key),
            "tempo": score.tempo,
            "meter": list(score.meter),
            "bars": score.bars,
            "seconds": round(score.seconds, 3),
            "parts": [
                {"name": one.name, "low": one.low, "high": one.high, "median": one.median, "notes": one.notes}
                for one in self.parts
            ],
            "chords": [_chord(chord, where) for chord in self.chords],
            "cadences": [
                {**where(one.tick), "kind": one.kind, "key": one.key.name, "text": one.text}
                for one in self.cadences
            ],
            "voice_leading": _voice_leading(self.voice_leading, where),
            "repetition": {
                "share": self.repetition.share,
                "longest_bars": self.repetition.longest,
                "text": self.repetition.text,
            },
            "density": {
                "notes_per_second": self.density.notes_per_second,
                "notes_per_bar": self.density.notes_per_bar,
                "sounding": self.density.sounding,
            },
            "mood": {
                "valence": self.mood.valence,
                "arousal": self.mood.arousal,
                "words": list(self.mood.words),
                "rule": self.mood.rule,
            },
        }


def analyze(score: Score) -> Analysis:
    """All that the notes of a score tell; any score is accepted, an empty one too.

    A meter whose bars are shorter than a tick is read as 4/4, a tempo that is not positive as ``TEMPO``.
    """
    score = _readable(score)
    notes = notes_of(score)
    frames = frames_of(score, notes)
    key = find_key(notes)
    spans = read_harmony(score, frames, key.key if key else Key(0, "major"))
    chords = chords_of(score, frames, spans)
    cadences = cadences_of(phrase_ends(score, notes, chords), chords, moments_of(notes))
    pitch = float(np.average(notes.pitch, weights=notes.end - notes.start)) if len(notes) else None
    return Analysis(
        score,
        key,
        tuple(chords),
        tuple(cadences),
        judge(score, chords),
        tuple(ambitus_of(part) for part in score.parts),
        density_of(score, notes),
        repetition_of(score),
        mood_of(score, key, beats_a_minute(score), pitch),
    )


def _readable(score: Score) -> Score:
    meter = score.meter if score.bar > 0 else (4, 4)
    return replace(score, meter=meter, tempo=score.tempo if score.tempo > 0 else TEMPO)


Where = Callable[[int], dict[str, Any]]


def _where(score: Score) -> Where:
    """The bar and the second of a tick."""
    second = 60.0 / score.tempo / TICKS
    first = 0 if score.pickup else 1

    def where(tick: int) -> dict[str, Any]:
        return {"bar": score.bar_of(tick) + first, "seconds": round(tick * second, 3)}

    return where


def _key(found: KeyFound | None) -> dict[str, Any] | None:
    if found is None:
        return None
    key = found.key
    return {
        "name": key.name,
        "tonic": key.tonic,
        "mode": key.mode,
        "clearness": round(found.clearness, 3),
    }


def _chord(chord: Chord, where: Where) -> dict[str, Any]:
    return {
        "start": chord.start,
        "end": chord.end,
        **where(chord.start),
        "key": chord.key.name,
        "roman": chord.roman,
        "name": chord.name,
    }


def _voice_leading(found: VoiceLeading, where: Where) -> dict[str, Any]:
    return {
        "chords": found.chords,
        "faults": [
            {**where(one.tick), "kind": one.kind, "parts": list(one.parts), "text": one.text}
            for one in found.faults
        ],
        "counts": dict(found.counts),
        "per_100_chords": found.per_100_chords,
    }
