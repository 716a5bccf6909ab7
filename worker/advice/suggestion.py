"""Suggestions: what rules of advice say of a work, against an aim, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from worker.advice.aim import Aim
from worker.advice.catalogue import Catalogue
from worker.advice.evidence import Evidence
from worker.advice.finding import Finding, find, with_gaps
from worker.advice.rules import Rule
from worker.advice.usual import Usual

_NO_FACTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One piece of advice; ``aim`` is the mood that it serves ("" for general craft).

    ``preview`` is None or ``{"kind", "parameters"}``: how the work looks or sounds when it is followed.
    """

    id: str
    text: str
    technique: str
    aim: str
    weight: float
    evidence: tuple[Evidence, ...]
    source: str
    preview: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "id": self.id,
            "text": self.text,
            "technique": self.technique,
            "aim": self.aim,
            "weight": self.weight,
            "evidence": [one.to_dict() for one in self.evidence],
            "source": self.source,
            "preview": None if self.preview is None else dict(self.preview),
        }


def suggestion_of(finding: Finding, aim: Aim) -> Suggestion:
    """A finding as a suggestion."""
    rule = finding.rule
    return Suggestion(
        rule.id,
        finding.text,
        rule.technique,
        aim.mood if rule.moods else "",
        finding.weight,
        finding.evidence,
        rule.source,
        rule.preview,
    )


def suggest(
    rules: Iterable[Rule],
    figures: Mapping[str, float],
    catalogue: Catalogue,
    aim: Aim,
    usual: Usual | None = None,
    facts: Mapping[str, str] = _NO_FACTS,
) -> list[Suggestion]:
    """What the rules that suit ``aim`` say, by falling weight; rules of equal weight stay in order.

    The figures may be those of ``with_gaps``: they are added here, so a catalogue needs titles for them.
    """
    known = with_gaps(figures, aim)
    found = [find(rule, known, catalogue, usual, facts) for rule in rules if rule.suits(aim)]
    return sorted((suggestion_of(one, aim) for one in found if one is not None), key=lambda one: -one.weight)
