"""Recipes as the text that stands in MIDI, WAV and MusicXML files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: What a text begins with that holds a recipe, in formats where other programs write texts of the same kind.
MARK = b"atelier:"


def recipe_text(recipe: Mapping[str, Any]) -> bytes:
    """A recipe as sorted, compact JSON in ASCII: the same recipe, the same bytes.

    Raises:
        ValueError: a number in it is not finite.
    """
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def recipe_of(text: bytes) -> dict[str, Any] | None:
    """The recipe in a marked text; None where there is no mark, or no JSON object behind it."""
    if not text.startswith(MARK):
        return None
    try:
        found = json.loads(text[len(MARK) :])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
