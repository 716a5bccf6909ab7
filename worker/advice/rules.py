"""Rules kept as data: TOML files with conditions, sentences and sources, checked as they are read.

A file holds ``[[rule]]`` tables::

    id = "values_crowd"
    kind = "weakness"                       # whatever the reader allows
    when = ["palette.contrast < 0.1"]       # all must hold; see worker.advice.conditions
    any = ["a > 1", "b > 1"]                # and, if given, at least one of these
    where = ["composition.plain_border < 0.7"]   # must hold too, but says only where the rule makes sense
    text = "Lightness varies by {palette.contrast} only."
    evidence = ["palette.range"]            # besides the figures of the text, of when and of any that hold
    source = "who says so"
    technique = "what to do, in a word or two"
    moods = ["dramatic"]                    # for these aims only; none: for any
    except_moods = ["calm"]                 # and not for these
    styles = ["ukiyo-e"]                    # only when the aim's style has one of these words
    audiences = ["children"]
    weight = 1.0
    preview = {kind = "contrast", parameters = {strength = 0.5}}

``{figure}`` in a text is the figure with its unit, ``{figure:percentile}`` its percentile (only in a rule
with a condition against the collection); a word without a point is a fact that the medium gives.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.advice.aim import MOODS, Aim
from worker.advice.catalogue import Catalogue
from worker.advice.conditions import Condition, read_condition
from worker.advice.problems import RuleError
from worker.advice.usual import Usual

PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)(:percentile)?\}")
_NEEDED = ("id", "kind", "text", "source")
_TEXTS = (*_NEEDED, "technique")
_LISTS = ("evidence", "moods", "except_moods", "styles", "audiences")
_CONDITIONS = ("when", "any", "where")
_KEYS = {*_TEXTS, *_LISTS, *_CONDITIONS, "weight", "preview"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; the fields are those of the file."""

    id: str
    kind: str
    text: str
    source: str
    when: tuple[Condition, ...]
    any: tuple[Condition, ...] = ()
    where: tuple[Condition, ...] = ()
    evidence: tuple[str, ...] = ()
    technique: str = ""
    moods: tuple[str, ...] = ()
    except_moods: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    weight: float = 1.0
    preview: Mapping[str, Any] | None = field(default=None, hash=False)

    def holds(self, figures: Mapping[str, float], usual: Usual | None = None) -> bool:
        """Whether its conditions hold and every figure that it tells is there."""
        return (
            all(one.holds(figures, usual) for one in (*self.when, *self.where))
            and (not self.any or any(one.holds(figures, usual) for one in self.any))
            and all(name in figures for name in self.tells())
        )

    def suits(self, aim: Aim) -> bool:
        """Whether it is meant for the aim; a rule that names no mood, style or audience suits any."""
        return (
            (not self.moods or aim.mood in self.moods)
            and aim.mood not in self.except_moods
            and (not self.styles or _names(aim.style, self.styles))
            and (not self.audiences or _names(aim.audience, self.audiences))
        )

    def tells(self) -> tuple[str, ...]:
        """The figures that its text and its evidence name."""
        spoken = tuple(name for name, _ in PLACEHOLDER.findall(self.text) if "." in name)
        return tuple(dict.fromkeys((*spoken, *self.evidence)))


def read_rules(
    path: Path, catalogue: Catalogue, kinds: Collection[str], facts: Collection[str] = ()
) -> tuple[Rule, ...]:
    """The rules of a file, in its order; ``facts`` are the words without a point that a text may hold.

    Raises ``RuleError`` for a rule that names an unknown figure, fact, kind, mood or key, that lacks a source
    or stands on no figure, and for two rules of one id.
    """
    found: dict[str, Rule] = {}
    for table in tomllib.loads(path.read_text(encoding="utf-8")).get("rule", []):
        rule = _rule(table)
        if rule.id in found:
            raise RuleError(rule.id, "comes twice")
        _check(rule, catalogue, kinds, facts)
        found[rule.id] = rule
    return tuple(found.values())


def _rule(table: dict[str, Any]) -> Rule:
    name = str(table.get("id", "a rule without id"))
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise RuleError(name, f"unknown keys {unknown}")
    for key in _TEXTS:
        if not isinstance(table.get(key, ""), str) or (key in _NEEDED and not table.get(key)):
            raise RuleError(name, f"{key} must be a text")
    fields: dict[str, Any] = {key: table[key] for key in _TEXTS if key in table}
    fields |= {key: tuple(map(str, table.get(key, ()))) for key in _LISTS}
    for key in _CONDITIONS:
        fields[key] = tuple(read_condition(name, one) for one in table.get(key, ()))
    return Rule(weight=float(table.get("weight", 1.0)), preview=table.get("preview"), **fields)


def _check(rule: Rule, catalogue: Catalogue, kinds: Collection[str], facts: Collection[str]) -> None:
    if rule.kind not in kinds:
        raise RuleError(rule.id, f"kind {rule.kind!r} is none of {sorted(kinds)}")
    if not (conditions := (*rule.when, *rule.any)):
        raise RuleError(rule.id, "has no condition")
    for name in (*(one.figure for one in (*conditions, *rule.where)), *rule.tells()):
        if name not in catalogue:
            raise RuleError(rule.id, f"unknown figure {name!r}")
    left = PLACEHOLDER.sub("", rule.text)
    if "{" in left or "}" in left:
        raise RuleError(rule.id, "a brace in its text is no placeholder")
    relative = {one.figure for one in rule.when if one.relative}
    for name, percentile in PLACEHOLDER.findall(rule.text):
        if "." not in name and name not in facts:
            raise RuleError(rule.id, f"unknown fact {name!r}")
        if percentile and name not in relative:
            raise RuleError(rule.id, f"{name!r} is told by percentile but not compared with a collection")
    for mood in (*rule.moods, *rule.except_moods):
        if mood not in MOODS:
            raise RuleError(rule.id, f"unknown mood {mood!r}")
    if not rule.weight > 0:
        raise RuleError(rule.id, "weight must be positive")
    if rule.preview is not None and set(rule.preview) != {"kind", "parameters"}:
        raise RuleError(rule.id, "a preview has a kind and parameters")


def _names(text: str, words: tuple[str, ...]) -> bool:
    return any(word.casefold() in text.casefold() for word in words)
