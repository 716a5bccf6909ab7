"""Cursor pages: the cursor is the id of the last entry, so a page stays right while new entries come."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import request, url_for

from shared.errors import InvalidInput
from web.references import ID

MOST = 100
T = TypeVar("T")


def limit(default: int = 50, most: int = MOST) -> int:
    """How many entries this request wants. Raises InvalidInput."""
    text = request.args.get("limit")
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= most:
        raise InvalidInput(f"limit must be a whole number from 1 to {most}", field="limit")
    return int(text)


def cursor() -> str | None:
    """The cursor of this request. Raises InvalidInput for what is not one."""
    value = request.args.get("cursor")
    if value is not None and not ID.fullmatch(value):
        raise InvalidInput("this cursor was not given out by a list; start again without it", field="cursor")
    return value


def split(rows: Sequence[T], size: int, key: Callable[[T], str]) -> tuple[list[T], str | None]:
    """The page and the cursor of the next one, from ``size`` + 1 rows asked for."""
    page = list(rows[:size])
    return page, key(page[-1]) if len(rows) > size else None


def document(results: list[dict[str, Any]], following: str | None) -> dict[str, Any]:
    """A page as Replicate's clients read it."""
    address = None
    if following is not None and request.endpoint is not None:
        values = request.args.to_dict() | dict(request.view_args or {}) | {"cursor": following}
        address = url_for(request.endpoint, _external=True, **values)
    return {"previous": None, "next": address, "results": results}
