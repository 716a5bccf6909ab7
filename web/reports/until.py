"""What came of "make until it fits": how many tries, what was kept, and how the scores are spread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.reports.reading import Report
from web.reports.values import mapping, mappings, number, text, whole, written
from web.texts import N_, _
from web.words import figure
from web.words import share as per_cent

BINS = 10
#: Tries that the table lists.
LISTED = 40
_ENDS: Mapping[str, str] = {
    "kept_enough": N_("It ended early: as many as were asked for fit."),
    "limit": N_("It ended at the limit of tries."),
}


_SIGNS: Mapping[str, str] = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of a histogram: its height of 100, and how many tries it stands for."""

    tall: float
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a score is spread from ``low`` to ``high``; ``wish`` is where the threshold lies, 0 to 100."""

    name: str
    wish_said: str
    columns: list[Column]
    wish: float | None
    low: str
    high: str
    above: bool


@dataclass(frozen=True, slots=True)
class Try:
    """One try: its seed, its scores and whether it was kept."""

    seed: str
    values: list[str]
    kept: bool
    position: int | None


@dataclass(frozen=True, slots=True)
class Until:
    """All of it; ``share`` of 100 is how much of the tries fit."""

    wishes: list[str]
    sentence: str
    end: str
    share: float
    histograms: list[Histogram]
    names: list[str]
    tries: list[Try]
    tried: int


def of(report: Report) -> Until:
    """A report as it is shown."""
    told = report.data
    wishes = [one for one in mappings(told.get("wish"), 12) if text(one.get("name"))]
    scores = mappings(told.get("scores"), 2000)
    tried, kept = whole(told.get("tried")) or len(scores), whole(told.get("kept")) or 0
    part = number(told.get("yield"))
    part = kept / max(tried, 1) if part is None else max(0.0, min(1.0, part))
    names = list(dict.fromkeys(text(one["name"]) for one in wishes))
    # The kept first, then the others in the order of their trying.
    listed = sorted(scores, key=lambda one: one.get("kept") is not True)[:LISTED]
    return Until(
        wishes=[_wish(one) for one in wishes],
        sentence=_(
            "%(kept)s of %(tried)s tries fit: a yield of %(share)s",
            kept=kept,
            tried=tried,
            share=per_cent(part),
        ),
        end=_(_ENDS[text(told.get("ended"))]) if text(told.get("ended")) in _ENDS else "",
        share=round(100 * part, 1),
        histograms=[_histogram(one, scores) for one in wishes],
        names=names,
        tries=[_try(one, names) for one in listed],
        tried=tried,
    )


def _wish(one: Mapping[str, Any]) -> str:
    value = number(one.get("value"))
    comparison = text(one.get("comparison"))
    told = [text(one["name"]), _SIGNS.get(comparison, comparison), "" if value is None else written(value)]
    return " ".join(part for part in told if part)


def _histogram(wish: Mapping[str, Any], scores: list[Mapping[str, Any]]) -> Histogram:
    """The spread of one score over all tries, drawn from the tries themselves so that its scale is known."""
    name, bound = text(wish["name"]), number(wish.get("value"))
    values = [found for one in scores if (found := number(mapping(one.get("values")).get(name))) is not None]
    ends = values + ([] if bound is None else [bound])
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    wide = (high - low) or 1.0
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(BINS * (value - low) / wide))] += 1
    most = max(counts) or 1
    return Histogram(
        name=name,
        wish_said=_wish(wish),
        columns=[Column(round(100 * count / most, 1), count) for count in counts],
        wish=None if bound is None else round(100 * (bound - low) / wide, 1),
        low=f"{low:.3g}",
        high=f"{high:.3g}",
        above=not text(wish.get("comparison")).startswith("<"),
    )


def _try(one: Mapping[str, Any], names: list[str]) -> Try:
    values = mapping(one.get("values"))
    shown = ["" if (value := number(values.get(name))) is None else figure(value) for name in names]
    seed = whole(one.get("seed"))
    return Try("" if seed is None else str(seed), shown, one.get("kept") is True, whole(one.get("position")))
