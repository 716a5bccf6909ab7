"""Plain values of a report, taken with care: what is missing or of another kind is never an error."""

import math
import re
from collections.abc import Mapping
from typing import Any

from shared.labels import in_words

_COLOUR = re.compile(r"#[0-9a-f]{6}")
#: Longest text of a report that is shown.
LONGEST = 2000


def mapping(value: Any) -> Mapping[str, Any]:
    """An object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any, most: int = 200) -> list[Mapping[str, Any]]:
    """The objects of a list, ``most`` of them."""
    return [one for one in value[:most] if isinstance(one, dict)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def written(value: float) -> str:
    """A number with the digits that it was given with: 14, 0.31, 58.2."""
    return f"{value:.6g}"


def share(value: Any) -> float | None:
    """A part of a whole, kept between 0 and 1."""
    found = number(value)
    return None if found is None else max(0.0, min(1.0, found))


def whole(value: Any) -> int | None:
    """A whole number."""
    found = number(value)
    return None if found is None or found != int(found) else int(found)


def text(value: Any) -> str:
    """A text; empty for anything else."""
    return value[:LONGEST] if isinstance(value, str) else ""


def label(value: Any) -> str:
    """A label or class of a data set in words."""
    return in_words(text(value))


def texts(value: Any, most: int = 50) -> list[str]:
    """The texts of a list; of a single text that one."""
    if isinstance(value, str):
        return [value[:LONGEST]] if value else []
    return [text(one) for one in value[:most] if text(one)] if isinstance(value, list) else []


def colour(value: Any) -> str:
    """A colour as #rrggbb; empty for anything else: it becomes an attribute of a drawing."""
    found = text(value).lower()
    return found if _COLOUR.fullmatch(found) else ""


def point(value: Any) -> tuple[float, float] | None:
    """A pair of numbers."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = number(value[0]), number(value[1])
    return None if x is None or y is None else (x, y)


def numbers(value: Any, count: int) -> list[float] | None:
    """Exactly ``count`` numbers."""
    if not isinstance(value, list) or len(value) != count:
        return None
    found = [number(one) for one in value]
    return None if None in found else [one for one in found if one is not None]
