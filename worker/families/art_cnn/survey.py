"""A data set judged picture by picture: how many are of which kind, and a table of all."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from worker.family import Encode, Item, Product, Request

from .answers import answers_of
from .loaded import Levels, LoadedJudge
from .pictures import read_levels
from .products import CSV, JSON, WEBP, plain, recipe_of, sheet

KIND = "picture_survey"
MOST_ROWS = 500
#: So many works stand for all of them.
SHOWN = 16

Answers = list[dict[str, Any]]


def survey(loaded: LoadedJudge, request: Request) -> Encode:
    """Look at every picture of the request's data set. Raises BadFile when one cannot be read."""
    items = request.datasets["dataset"].items
    answers: list[Answers] = []
    for seen in loaded.look(_levels(items)):
        told = answers_of(loaded.version, seen)
        # Of twenty thousand pictures only what the table needs is kept.
        answers.append([{**one, "classes": one["classes"][:1], "probabilities": {}} for one in told])
        request.checkin(len(answers) / len(items), {"pictures": len(answers)})
    some = [read_levels(item.path) for item in items[:: max(1, -(-len(items) // SHOWN))]]
    return partial(_products, request, items, answers, some)


def _levels(items: Sequence[Item]) -> Iterator[Levels]:
    return (read_levels(item.path) for item in items)


def _products(
    request: Request, items: Sequence[Item], answers: Sequence[Answers], some: Sequence[Levels]
) -> list[Product]:
    names = [one["name"] for one in answers[0]] if answers else []
    report = {
        "kind": KIND,
        "count": len(items),
        "heads": [_head(place, name, items, answers) for place, name in enumerate(names)],
        "rows": [_row(item, told) for item, told in list(zip(items, answers, strict=True))[:MOST_ROWS]],
    }
    meta = {"kind": KIND, "count": len(items)}
    return [
        Product("output", "survey.json", JSON, plain(report), recipe=recipe_of(request), meta=meta),
        Product("table", "survey.csv", CSV, table(items, answers)),
        *([Product("thumbnail", "survey.webp", WEBP, sheet(some))] if some else []),
    ]


def _head(place: int, name: str, items: Sequence[Item], answers: Sequence[Answers]) -> dict[str, Any]:
    """How often each class was named by who was sure, and how often rightly where a label tells."""
    told = [one[place] for one in answers]
    counts = Counter(one["classes"][0]["name"] for one in told if one["sure"])
    known = [
        one["classes"][0]["name"] == item.labels[name]
        for item, one in zip(items, told, strict=True)
        if item.labels.get(name)
    ]
    return {
        "name": name,
        "title": told[0]["title"],
        "counts": dict(counts.most_common()),
        "unsure": len(told) - counts.total(),
        "accuracy": round(sum(known) / len(known), 4) if known else None,
    }


def _row(item: Item, told: Answers) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for one in told:
        best = one["classes"][0]
        row[one["name"]] = {"name": best["name"], "probability": best["probability"], "sure": one["sure"]}
    # Last: a label may be called "work" too.
    row["work"] = {"hash": item.hash, "name": item.name, "labels": dict(item.labels)}
    return row


def table(items: Sequence[Item], answers: Sequence[Answers]) -> bytes:
    """All rows as CSV (RFC 4180), UTF-8. A cell that a spreadsheet would take for a formula is quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    names = [one["name"] for one in answers[0]] if answers else []
    writer.writerow(
        [
            "file",
            *(_harmless(f"{name}{end}") for name in names for end in ("", "_probability", "_sure")),
        ]
    )
    for item, told in zip(items, answers, strict=True):
        cells: list[Any] = [_harmless(item.name)]
        for one in told:
            best = one["classes"][0]
            cells += [_harmless(best["name"]), best["probability"], "yes" if one["sure"] else "no"]
        writer.writerow(cells)
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
