"""Conditions of a rule: ``"palette.contrast < 0.1"``; against a collection, ``"palette.contrast < p20"``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from worker.advice.problems import RuleError
from worker.advice.usual import Usual

_FORM = re.compile(r"\s*([a-z0-9_.]+)\s*(<=|>=|<|>)\s*(p)?(-?\d+(?:\.\d+)?)\s*")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)


@dataclass(frozen=True, slots=True)
class Condition:
    """``figure`` compared (<, <=, >, >=) with ``bound``: a value, or if ``relative`` a percentile."""

    figure: str
    comparison: str
    bound: float
    relative: bool = False

    def holds(self, figures: Mapping[str, float], usual: Usual | None = None) -> bool:
        """Whether it holds; never for a figure that is missing, nor a relative one without a collection."""
        value, bound = figures.get(self.figure), self._value(usual)
        return value is not None and bound is not None and _COMPARE[self.comparison](value, bound)

    def excess(self, figures: Mapping[str, float], spread: float, usual: Usual | None = None) -> float:
        """How far past its bound the figure lies, in spreads, 0 to 1; 0 where the condition does not hold."""
        bound = self._value(usual)
        if bound is None or not self.holds(figures, usual):
            return 0.0
        return min(1.0, abs(figures[self.figure] - bound) / spread)

    def _value(self, usual: Usual | None) -> float | None:
        if not self.relative:
            return self.bound
        return None if usual is None else usual.at(self.figure, self.bound)


def read_condition(rule: str, text: str) -> Condition:
    """A condition from its text. Raises ``RuleError`` naming ``rule`` where it is none."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise RuleError(rule, f"{text!r} is no condition: figure, <, <=, > or >=, and a number or p0 to p100")
    figure, comparison, relative, number = found.groups()
    bound = float(number)
    if relative and not 0 <= bound <= 100:
        raise RuleError(rule, f"{text!r}: a percentile is 0 to 100")
    return Condition(figure, comparison, bound, bool(relative))
