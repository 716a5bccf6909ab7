"""Wishes as people write them: "calm >= 0.8, style=ukiyo_e >= 0.6, contrast > 20"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Any

from shared.errors import InvalidInput

FIELD = "wish"
CODE = "bad_wish"
MOST_TERMS = 12
_COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
)
_TERM = re.compile(r"\s*([^<>]+?)\s*(>=|<=|>|<)\s*([^<>=\s%]+)\s*(%?)\s*")
_LINES = re.compile(r"[;\n]")
_BETWEEN = re.compile(r"(,|\band\b|&)")
_COMPARISON = re.compile(r"[<>]")


@dataclass(frozen=True)
class Term:
    """One thing wished for: ``name`` as it was written, compared with a number."""

    name: str
    comparison: str
    value: float

    def holds(self, value: float) -> bool:
        """Whether a work with this value is as wished."""
        return _COMPARE[self.comparison](value, self.value)

    def told(self) -> dict[str, Any]:
        """As reports have it."""
        return {"name": self.name, "comparison": self.comparison, "value": self.value}


def read_wish(text: str) -> tuple[Term, ...]:
    """The terms of a wish, all of which must hold; between them stand commas, semicolons, new lines or "and".

    "80 %" means 0.8. A name may itself hold commas and "and": "style=arts and crafts > 0.5" is one term.

    Raises:
        InvalidInput: (``bad_wish``) it cannot be read.
    """
    parts = [part for one in _LINES.split(text) for part in _parts(one)]
    if not parts:
        raise bad("It is empty. Write a name, a comparison and a number, such as calm >= 0.8.")
    if len(parts) > MOST_TERMS:
        raise bad(f"It has {len(parts)} terms; {MOST_TERMS} are the most.")
    return tuple(_term(part) for part in parts)


def bad(reason: str) -> InvalidInput:
    """The error that a wish which cannot be met ends with."""
    return InvalidInput(f"The wish cannot be used. {reason}", field=FIELD, code=CODE)


def _parts(text: str) -> list[str]:
    """The terms of a line. A part without a comparison is the beginning of the next one's name."""
    pieces = _BETWEEN.split(text)
    found, begun = [], ""
    for between, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        begun = f"{begun}{between}{piece}" if begun.strip() else piece
        if _COMPARISON.search(piece):
            found.append(begun)
            begun = ""
    return [*found, begun] if begun.strip() else found


def _term(part: str) -> Term:
    found = _TERM.fullmatch(part)
    if found is None:
        raise bad(f"{_short(part)} is not a name, one of >=, <=, > and <, and a number.")
    name, comparison, number, percent = found.groups()
    try:
        value = float(number)
    except ValueError:
        raise bad(f"{_short(number)} is not a number.") from None
    if not isfinite(value):
        raise bad(f"{_short(number)} is not a number.")
    return Term(re.sub(r"\s*=\s*", "=", name), comparison, value / 100.0 if percent else value)


def _short(text: str) -> str:
    shown = text.strip()
    return f"“{shown if len(shown) <= 40 else shown[:37] + '...'}”"
