"""How a piece sounds when advice is followed: its beginning slower, higher, or in the other mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.music.advice.passage import passage_of
from worker.music.score import Key, Mode, Note, Part, Score
from worker.music.theory.analysis import Analysis

KINDS = ("tempo", "mode", "transpose")
#: Bars that are heard.
BARS = 8
#: Semitones above the tonic that differ between the modes: the third and the sixth; the seventh stays a
#: leading tone, as in harmonic minor.
_THIRD, _SIXTH = 4, 9


def preview(analysis: Analysis, kind: str, parameters: Mapping[str, Any]) -> Score:
    """The first bars of a piece, changed. Raises ValueError for an unknown kind, or where notes have no key.

    ``tempo`` takes a ``factor``; ``transpose`` takes ``semitones``, an octave less for a note that would
    leave the range of MIDI; ``mode`` takes ``to``, "major" or "minor".
    """
    score = passage_of(analysis.score, 0, BARS - 1 + bool(analysis.score.pickup))
    if kind == "tempo":
        return replace(score, tempo=round(score.tempo * float(parameters["factor"]), 1))
    if kind == "transpose":
        return _moved(score, int(parameters["semitones"]))
    if kind != "mode":
        raise ValueError(f"unknown preview {kind!r}; known are {', '.join(KINDS)}")
    if analysis.key is None:
        raise ValueError("the notes have no key")
    return _in_mode(score, analysis.key.key, "major" if parameters["to"] == "major" else "minor")


def _moved(score: Score, semitones: int) -> Score:
    parts = tuple(part if part.drums else _higher(part, semitones) for part in score.parts)
    key = None if score.key is None else Key((score.key.tonic + semitones) % 12, score.key.mode)
    return replace(score, parts=parts, key=key)


def _higher(part: Part, semitones: int) -> Part:
    """A part moved, its notes at the edges of MIDI's range by octaves less."""
    notes = (replace(note, pitch=_within(note.pitch + semitones)) for note in part.notes)
    return replace(part, notes=tuple(sorted(notes)))


def _within(pitch: int) -> int:
    return pitch - 12 if pitch > 127 else pitch + 12 if pitch < 0 else pitch


def _in_mode(score: Score, key: Key, mode: Mode) -> Score:
    """Thirds and sixths of the key lowered for minor, raised for major."""
    if key.mode == mode:
        return score
    step = -1 if mode == "minor" else 1
    degrees = {_THIRD, _SIXTH} if mode == "minor" else {_THIRD - 1, _SIXTH - 1}
    parts = tuple(part if part.drums else _shifted(part, key.tonic, degrees, step) for part in score.parts)
    return replace(score, parts=parts, key=Key(key.tonic, mode))


def _shifted(part: Part, tonic: int, degrees: set[int], step: int) -> Part:
    def moved(note: Note) -> Note:
        pitch = note.pitch + step
        return replace(note, pitch=pitch) if (note.pitch - tonic) % 12 in degrees and pitch <= 127 else note

    return replace(part, notes=tuple(sorted(moved(note) for note in part.notes)))
