"""Scores as plain JSON values, and the hashes that name their content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from worker.music.score import Key, Note, Part, Score


def to_plain(score: Score) -> dict[str, Any]:
    """A score as JSON values: a note is ``[start, pitch, duration, velocity]``."""
    return {
        "parts": [
            {
                "name": part.name,
                "program": part.program,
                "drums": part.drums,
                "notes": [[note.start, note.pitch, note.duration, note.velocity] for note in part.notes],
            }
            for part in score.parts
        ],
        "tempo": score.tempo,
        "meter": list(score.meter),
        "pickup": score.pickup,
        "key": None if score.key is None else [score.key.tonic, score.key.mode],
        "title": score.title,
    }


def from_plain(plain: dict[str, Any]) -> Score:
    """The score that ``to_plain`` wrote. Raises KeyError, TypeError or ValueError when it is none."""
    parts = tuple(
        Part(one["name"], tuple(Note(*note) for note in one["notes"]), one["program"], one["drums"])
        for one in plain["parts"]
    )
    upper, lower = plain["meter"]
    key = None if plain["key"] is None else Key(*plain["key"])
    return Score(parts, plain["tempo"], (upper, lower), plain["pickup"], key, plain["title"])


def score_sha256(score: Score) -> str:
    """The hash of all that a score says; equal scores, and only those, have it."""
    return _sha256(to_plain(score))


def notes_sha256(score: Score) -> str:
    """The hash of what sounds and when: one for a piece whatever its tempo, its names and its split in parts.

    Drums count apart; a pitch that two parts strike together counts once, with the longer duration.
    """
    struck: dict[tuple[int, int, bool], int] = {}
    for place, note in score.notes():
        which = (note.start, note.pitch, score.parts[place].drums)
        struck[which] = max(note.duration, struck.get(which, 0))
    return _sha256(sorted([*which, duration] for which, duration in struck.items()))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
