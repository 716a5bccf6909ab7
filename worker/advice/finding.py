"""What a rule says of a work: its sentence with the figures filled in, the evidence, and how urgent it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from worker.advice.aim import Aim
from worker.advice.catalogue import Catalogue
from worker.advice.evidence import Evidence, evidence_of
from worker.advice.rules import PLACEHOLDER, Rule
from worker.advice.usual import Usual

_NO_FACTS: Mapping[str, str] = MappingProxyType({})
#: Of more works in a hundred than this nothing is said: it would be all of them.
_MOST = 99
#: A share that is rounded down to nought, of which "only" says too much: "Only 0 %", "Only 0.0 %".
_NOUGHT = re.compile(r"\bOnly 0(\.0+)?(?= %)")


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds, its sentence, what it stands on, and its weight times 0.5 to 1 by the excess."""

    rule: Rule
    text: str
    evidence: tuple[Evidence, ...]
    weight: float


def find(
    rule: Rule,
    figures: Mapping[str, float],
    catalogue: Catalogue,
    usual: Usual | None = None,
    facts: Mapping[str, str] = _NO_FACTS,
) -> Finding | None:
    """What ``rule`` says of a work with these figures; None where it does not hold or lacks a fact.

    The evidence is first the figures that the text names, then those of the conditions that hold.
    """
    if not rule.holds(figures, usual):
        return None
    placeholders = PLACEHOLDER.findall(rule.text)
    if any("." not in name and name not in facts for name, _ in placeholders):
        return None
    holding = [one for one in (*rule.when, *rule.any) if one.holds(figures, usual)]
    names = dict.fromkeys((*rule.tells(), *(one.figure for one in holding)))
    evidence = {name: evidence_of(catalogue[name], figures[name], usual) for name in names}

    def filled(found: re.Match[str]) -> str:
        name, percentile = found.groups()
        if "." not in name:
            return facts[name]
        if percentile:
            return str(min(_MOST, int(evidence[name].percentile or 0.0)))
        return catalogue[name].written(figures[name])

    excess = sum(one.excess(figures, catalogue[one.figure].spread, usual) for one in holding) / len(holding)
    text = _NOUGHT.sub(_less, PLACEHOLDER.sub(filled, rule.text))
    return Finding(rule, text, tuple(evidence.values()), round(rule.weight * (0.5 + 0.5 * excess), 4))


def _less(nought: re.Match[str]) -> str:
    """Less than the smallest share that is written with so many digits: 1 %, 0.1 %."""
    zeros = (nought[1] or "")[1:]
    return "Less than " + (f"0.{zeros[1:]}1" if zeros else "1")


def with_gaps(figures: Mapping[str, float], aim: Aim) -> dict[str, float]:
    """The figures with ``aim.valence_gap`` and ``aim.arousal_gap``: the mood wanted minus the mood found.

    They are left out without a mood, and without ``mood.valence`` and ``mood.arousal`` among the figures.
    """
    found = dict(figures)
    if aim.place is not None and "mood.valence" in found and "mood.arousal" in found:
        found["aim.valence_gap"] = aim.place[0] - found["mood.valence"]
        found["aim.arousal_gap"] = aim.place[1] - found["mood.arousal"]
    return found
