"""How a model's works compare with those of a data set, as a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from shared.errors import NotFound
from shared.files import Artifact
from web.context import services
from web.reports.bars import head_title
from web.reports.figures import measured
from web.reports.reading import Report
from web.reports.values import label, mapping, mappings, number, numbers, share, text, texts, whole
from web.texts import _
from web.words import figure
from web.words import share as per_cent

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A class: its share among what was made and among the works, as lengths of 100 and in words."""

    name: str
    made: float
    works: float
    made_said: str
    works_said: str


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of what was made above that of the works: bands from the 10th to the 90th of 100 works.

    Each is (left, width, the middle work) on a scale of 100.
    """

    title: str
    made: tuple[float, float, float]
    works: tuple[float, float, float]
    said: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One question: how the answers are spread; ``distance`` says how far the two lie apart."""

    title: str
    pairs: list[Pair]
    distance: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All of it; ``maker`` is the model's title and ``maker_url`` its page, empty when it is gone.

    ``own``: the works that it is compared with are those that it learned from.
    """

    maker: str
    maker_url: str
    lede: str
    own: bool
    sheet: Artifact | None
    facts: Rows
    heads: list[Compared]
    spreads: list[Spread]
    text: list[str]


def of(report: Report) -> Evaluation:
    """A report as it is shown."""
    told = report.data
    maker, dataset = mapping(told.get("maker")), mapping(told.get("dataset"))
    return Evaluation(
        maker=text(maker.get("name")),
        maker_url=_address(text(maker.get("version"))),
        lede=_lede(whole(told.get("count")), dataset),
        own=dataset.get("own") is True,
        sheet=report.file("thumbnail"),
        facts=_facts(told),
        heads=[_compared(one) for one in mappings(told.get("heads"), 12)],
        spreads=[
            one for one in (_spread(row) for row in mappings(told.get("figures"), 60)) if one is not None
        ],
        text=texts(told.get("text")),
    )


def _address(version_id: str) -> str:
    try:
        version = services().moment.version(version_id)
        model = services().moment.model(version.model_id)
    except NotFound:
        return ""
    return url_for("models.page", owner=model.owner_id, name=model.name, version=version_id)


def _lede(count: int | None, dataset: Mapping[str, Any]) -> str:
    name, works = text(dataset.get("name")), whole(dataset.get("count"))
    if count is None or works is None:
        return name
    compared = whole(dataset.get("compared"))
    if compared is not None and compared < works:
        return _(
            "%(made)s works it made beside %(compared)s of the %(works)s works of “%(dataset)s”",
            made=count,
            compared=compared,
            works=works,
            dataset=name,
        )
    return _(
        "%(made)s works it made beside %(works)s of “%(dataset)s”", made=count, works=works, dataset=name
    )


def _facts(told: Mapping[str, Any]) -> Rows:
    kid, spread = mapping(told.get("kid")), mapping(told.get("diversity"))
    value, floor = number(kid.get("value")), number(kid.get("floor"))
    rows: Rows = []
    if value is not None:
        against = "?" if floor is None else figure(floor)
        rows.append(
            ("KID", _("%(score)s ↓ (real against real %(floor)s)", score=figure(value), floor=against))
        )
    for name, title in (
        ("precision", _("Precision: made works that lie among the real ones")),
        ("recall", _("Recall: real works that lie among the made ones")),
    ):
        found = share(told.get(name))
        if found is not None:
            rows.append((title, per_cent(found)))
    made, works = number(spread.get("made")), number(spread.get("works"))
    if made is not None and works is not None:
        rows.append(
            (_("Diversity"), _("%(made)s (the works have %(works)s)", made=figure(made), works=figure(works)))
        )
    return rows


def _compared(one: Mapping[str, Any]) -> Compared:
    made, works = mapping(one.get("made")), mapping(one.get("works"))
    pairs = [
        _pair(name, share(made.get(name)) or 0.0, share(works.get(name)) or 0.0) for name in {**works, **made}
    ]
    distance = number(one.get("distance"))
    apart = (
        "" if distance is None else _("%(n)s apart (0: the same, 1: nothing in common)", n=figure(distance))
    )
    return Compared(head_title(one), sorted(pairs, key=lambda pair: -pair.works)[:12], apart)


def _pair(name: str, made: float, works: float) -> Pair:
    return Pair(label(name), round(100 * made, 1), round(100 * works, 1), per_cent(made), per_cent(works))


def _spread(one: Mapping[str, Any]) -> Spread | None:
    made, works = numbers(one.get("made"), 3), numbers(one.get("works"), 3)
    if made is None or works is None:
        return None
    low, high = min(made[0], works[0]), max(made[2], works[2])
    wide = (high - low) or 1.0

    def band(points: list[float]) -> tuple[float, float, float]:
        left, middle, right = (round(100 * (point - low) / wide, 1) for point in points)
        return left, round(max(right - left, 0.8), 1), middle

    title = text(one.get("title")) or text(one.get("figure")).replace("_", " ").replace(".", ", ")
    ours, theirs = measured(text(one.get("unit")), made[1], works[1])
    said = _("%(made)s, of the works %(works)s", made=ours, works=theirs)
    return Spread(_(title) if title else "", band(made), band(works), said)
