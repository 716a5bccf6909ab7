"""The figures that a medium knows: their titles, units and how much they usually vary."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.advice.problems import RuleError

_KEYS = {"title", "unit", "digits", "spread"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. With the unit "%" its values are shares, 0 to 1, shown times a hundred.

    ``spread`` is how far two works usually lie apart, in the figure's own unit (shares: 0 to 1); how urgent a
    finding is, is measured with it. ``digits`` are shown behind the point.
    """

    name: str
    title: str
    unit: str = ""
    digits: int = 2
    spread: float = 1.0

    def shown(self, value: float) -> float:
        """The value as it is shown: rounded, shares times a hundred; never -0."""
        return round(value * (100.0 if self.unit == "%" else 1.0), self.digits) + 0.0

    def written(self, value: float) -> str:
        """The value with its unit, as it stands in a sentence."""
        number = f"{self.shown(value):.{self.digits}f}"
        return f"{number}{' ' if self.unit and self.unit != '°' else ''}{self.unit}"


class Catalogue(Mapping[str, Figure]):
    """Figures by name."""

    def __init__(self, figures: Mapping[str, Figure]) -> None:
        self._figures = dict(figures)

    def __getitem__(self, name: str) -> Figure:
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in a TOML file: a table ``figures."name"`` with title, unit, digits, spread for each.

    Raises ``RuleError`` for unknown keys, an empty title or a spread that is not positive.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8")).get("figures", {})
    return Catalogue({name: _figure(name, table) for name, table in tables.items()})


def _figure(name: str, table: dict[str, Any]) -> Figure:
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise RuleError(name, f"unknown keys {unknown}")
    figure = Figure(name, **table)
    if not figure.title:
        raise RuleError(name, "has no title")
    if not figure.spread > 0:
        raise RuleError(name, "spread must be positive")
    return figure
