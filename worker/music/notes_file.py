"""The notes of a piece for the player in the page: everything in seconds, JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from worker.music.score import TICKS, Score


def notes_json(
    score: Score,
    *,
    given: Sequence[tuple[int, int, int]] | None = None,
    chords: Sequence[tuple[int, str]] | None = None,
    curve: Mapping[str, Any] | None = None,
) -> bytes:
    """What the player draws, as compact JSON.

    ``seconds``, ``tempo`` (quarters a minute), ``meter``, ``bars`` (the second at which each begins),
    ``parts`` (name, program, drums) and ``notes`` as [start, duration, pitch, part, velocity], by start.

    Args:
        score: the piece.
        given: passages from the user as (start, end, part or -1 for all), in ticks.
        chords: (tick, name) of each chord.
        curve: ``title``, ``values`` (one a bar; None where there is none) and ``unit``.
    """
    notes = sorted(
        (note.start, place, note.pitch, note.duration, note.velocity) for place, note in score.notes()
    )
    found: dict[str, Any] = {
        "seconds": round(score.seconds, 3),
        "tempo": round(score.tempo, 3),
        "meter": list(score.meter),
        "bars": [_seconds(score, score.bar_start(bar)) for bar in range(score.bars)],
        "parts": [{"name": part.name, "program": part.program, "drums": part.drums} for part in score.parts],
        "notes": [
            [_seconds(score, start), _seconds(score, duration), pitch, place, velocity]
            for start, place, pitch, duration, velocity in notes
        ],
    }
    if given is not None:
        found["given"] = [[_seconds(score, start), _seconds(score, end), part] for start, end, part in given]
    if chords is not None:
        found["chords"] = [[_seconds(score, start), name] for start, name in chords]
    if curve is not None:
        found["curve"] = dict(curve)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _seconds(score: Score, ticks: int) -> float:
    """Ticks in seconds, to the tenth of a millisecond."""
    return round(ticks * 60.0 / (TICKS * score.tempo), 4)
