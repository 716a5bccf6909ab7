"""A data set of music summed up for its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

#: So many values of each kind are told, the most frequent first.
_MOST_VALUES = 12
_UNNAMED = "none"


def sum_up(pieces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of all pieces in one: totals, how often each number of voices, meter and key occurs, and the
    mean distance from the grid over all notes, in milliseconds.
    """
    notes = sum(piece["notes"] for piece in pieces)
    away = sum(piece["notes"] * piece["quantisation"]["mean_ms"] for piece in pieces)
    return {
        "bars": sum(piece["bars"] for piece in pieces),
        "seconds": round(sum(piece["seconds"] for piece in pieces), 1),
        "notes": notes,
        "off_grid_ms": round(away / notes, 2) if notes else 0.0,
        "voices": _often(pieces, "voices"),
        "meters": _often(pieces, "meter"),
        "keys": _often(pieces, "key"),
    }


def _often(pieces: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    values = Counter(_UNNAMED if piece[name] is None else str(piece[name]) for piece in pieces)
    return dict(values.most_common(_MOST_VALUES))
