"""Sentences with the figures that they stand on: the value, what is usual, how many works lie below."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.reports.values import mappings, number, numbers, text, written
from web.texts import _

TONES: Mapping[str, str] = {"strength": "good", "weakness": "bad"}
#: Among more of a hundred works than this a value is not said to be the highest or the lowest.
_MOST = 99


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure: its value and what is usual in words; ``at`` is its percentile, None without one."""

    title: str
    value: str
    usual: str
    rank: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a critique; ``tone`` is the CSS class for good or bad news."""

    text: str
    tone: str
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A piece of advice. ``aim`` is the mood that it serves, ``place`` where in a piece of music it is."""

    text: str
    technique: str
    aim: str
    place: str
    source: str
    evidence: list[Evidence]
    preview: str


def sentences(told: Any) -> list[Sentence]:
    """The sentences of a critique that have a text."""
    return [
        Sentence(text(one["text"]), TONES.get(text(one.get("kind")), ""), evidence(one.get("evidence")))
        for one in mappings(told)
        if text(one.get("text"))
    ]


def suggestions(told: Any) -> list[Suggestion]:
    """Pieces of advice, as they are ranked."""
    return [
        Suggestion(
            text=text(one["text"]),
            technique=_capital(text(one.get("technique"))),
            aim=_(text(one["aim"])) if text(one.get("aim")) else "",
            place=_place(one.get("bar")),
            source=text(one.get("source")),
            evidence=evidence(one.get("evidence")),
            preview=text(one.get("preview_role")),
        )
        for one in mappings(told)
        if text(one.get("text"))
    ]


def evidence(told: Any) -> list[Evidence]:
    """The figures under a sentence; one without a value is left out."""
    found = []
    for one in mappings(told):
        value = number(one.get("value"))
        if value is not None:
            found.append(_evidence(one, value))
    return found


def _evidence(one: Mapping[str, Any], value: float) -> Evidence:
    unit = text(one.get("unit"))
    at = number(one.get("percentile"))
    at = None if at is None else max(0.0, min(100.0, at))
    usual = numbers(one.get("usual"), 2)
    spread = (
        ""
        if usual is None
        else _("usually %(low)s to %(high)s", low=written(usual[0]), high=_with(usual[1], unit))
    )
    title = text(one.get("title")) or text(one.get("figure")).replace(".", ", ").replace("_", " ")
    return Evidence(_(title) if title else "", _with(value, unit), spread, _rank(at), at)


def _capital(told: str) -> str:
    return told[:1].upper() + told[1:]


def _rank(at: float | None) -> str:
    """Where a value stands among others: which side is said so that the number is a large one.

    Never more than it is, and never all of them: nobody knows that of works yet to come.
    """
    if at is None:
        return ""
    if at >= 50:
        return _("higher than in %(n)s of 100 works", n=min(_MOST, int(at)))
    return _("lower than in %(n)s of 100 works", n=min(_MOST, int(100 - at)))


def _with(value: float, unit: str) -> str:
    return f"{written(value)}{'' if unit in ('', '°') else ' '}{unit}"


def _place(bar: Any) -> str:
    found = number(bar)
    return text(bar) if found is None else _("bar %(n)s", n=round(found))
