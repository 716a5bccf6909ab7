"""Parts of an examination: dataclasses whose float fields are figures."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def scalars(part: DataclassInstance) -> dict[str, float]:
    """The float fields by name, rounded to six decimals: the same on paper as in a report."""
    values = {one.name: getattr(part, one.name) for one in fields(part)}
    return {name: round(value, 6) + 0.0 for name, value in values.items() if isinstance(value, float)}
