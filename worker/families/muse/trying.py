"""Lets a maker make works seed by seed until enough of them are as wished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import AtelierError, InvalidInput
from worker.family import Companion, Product, Request

from .loaded import LoadedMuse
from .measures import Class, Measure, judged, measures_of
from .products import report
from .reading import Work, read_made
from .recipes import fields_of, nth_seed, require_maker
from .traits import PAINTING
from .wishes import read_wish

_BINS = 10
#: Left out while works are only tried: a sound file takes longer than to compose what it plays.
_TOO_DEAR = {"audio": False}


@dataclass(frozen=True)
class Try:
    """One work that was made: its seed, its values by the names of the wish, its place if it was kept."""

    seed: int
    values: dict[str, float]
    position: int | None

    def told(self) -> dict[str, Any]:
        """As reports have it."""
        return {
            "position": self.position,
            "seed": self.seed,
            "values": self.values,
            "kept": self.position is not None,
        }


@dataclass
class Search:
    """One request on its way: what is wished for, of whom, and what has been tried."""

    loaded: LoadedMuse
    request: Request
    maker: Companion
    judge: Companion | None
    measures: list[Measure]
    tries: list[Try] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """How many works were as wished."""
        return sum(one.position is not None for one in self.tries)

    @property
    def limit(self) -> int:
        """After so many works it ends."""
        return int(self.request.input["tries"])

    @property
    def wanted(self) -> int:
        """When so many works are kept it ends."""
        return int(self.request.input["keep"])

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1: it ends at whichever bound comes first."""
        return max(len(self.tries) / self.limit, self.kept / self.wanted)

    def enough(self) -> bool:
        """Whether as many works were kept as were asked for."""
        return self.kept >= self.wanted


def until(loaded: LoadedMuse, request: Request) -> Iterator[list[Product]]:
    """The works kept, each as soon as it is found, then the report.

    Works are made in batches and judged in the order of their seeds; those of a batch that come after the
    last one kept do not count, so the size of a batch changes nothing.

    Raises:
        InvalidInput: the wish or a version does not fit. AtelierError: what a companion fails with.
        Canceled, LeaseLost, HandBack: as the request's ``checkin`` raises them, before each batch.
    """
    search = _search(loaded, request)
    while not search.enough() and len(search.tries) < search.limit:
        request.checkin(search.fraction, {"tried": len(search.tries), "kept": search.kept})
        for files, values in _batch(search):
            seed = nth_seed(int(request.input["seed"]), len(search.tries))
            holds = all(one.term.holds(values[one.term.name]) for one in search.measures)
            position = search.kept if holds else None
            search.tries.append(Try(seed, values, position))
            if position is not None:
                yield _kept(search, files, seed, position)
            if search.enough():
                break
    yield [report(request, _told(search), role="report")]


def _search(loaded: LoadedMuse, request: Request) -> Search:
    maker, judge = request.companions.get("maker"), request.companions.get("judge")
    if maker is None:
        raise InvalidInput("Choose a model that makes works.", field="maker", code="missing_field")
    require_maker(maker, loaded.index.media)
    if judge is not None and loaded.index.media != PAINTING:
        raise InvalidInput("A judge of pictures hears no music.", field="judge", code="wrong_media")
    terms = read_wish(str(request.input["wish"]))
    return Search(loaded, request, maker, judge, measures_of(terms, loaded.index.names, judge))


def _asked(search: Search, seed: int, count: int, *, cheap: bool) -> dict[str, Any]:
    """The maker's input."""
    fields = fields_of(search.maker, "generate")
    name = str(search.request.input["class_name"]).strip()
    if name and "class_name" not in fields:
        raise InvalidInput("This maker knows no classes; leave the class empty.", field="class_name")
    less = {key: value for key, value in _TOO_DEAR.items() if cheap and key in fields}
    return {"count": count, "seed": seed, **({"class_name": name} if name else {}), **less}


def _batch(search: Search) -> Iterator[tuple[list[Product], dict[str, float]]]:
    """The next works with their values, in the order of their seeds."""
    fields = fields_of(search.maker, "generate")
    most = int(fields["count"].get("maximum", 1))
    count = min(search.loaded.shape, most, search.limit - len(search.tries))
    seed = nth_seed(int(search.request.input["seed"]), len(search.tries))
    made = _made(search, _asked(search, seed, count, cheap=True))
    works = [_output(files) for files in made]
    index = search.loaded.index
    read: list[Work] = [read_made(one.data, index.media) for one in works]
    traits = search.loaded.looker.look(read, index.side)
    probabilities: Sequence[dict[Class, float]] = [{}] * count
    if search.judge is not None and any(one.judged for one in search.measures):
        probabilities = judged(search.judge, [one.data for one in works])
    for files, one, told in zip(made, traits, probabilities, strict=True):
        yield files, {measure.term.name: measure.value(one, told) for measure in search.measures}


def _made(search: Search, given: dict[str, Any]) -> list[list[Product]]:
    """What the maker gives, the files of each work together, in order."""
    (outcome,) = search.maker.make("generate", [given])
    if isinstance(outcome, AtelierError):
        raise outcome
    places = sorted({one.position for one in outcome if one.role == "output"})
    return [[one for one in outcome if one.position == place] for place in places]


def _output(files: Sequence[Product]) -> Product:
    return next(one for one in files if one.role == "output")


def _kept(search: Search, files: list[Product], seed: int, position: int) -> list[Product]:
    """A work that is kept, whole, at its place among them; its recipe is its maker's."""
    fields = fields_of(search.maker, "generate")
    if any(name in fields for name in _TOO_DEAR):
        (files,) = _made(search, _asked(search, seed, 1, cheap=False))
    return [replace(one, position=position) for one in files]


def _told(search: Search) -> dict[str, Any]:
    data, tried = search.request.input, len(search.tries)
    names = [one.term.name for one in search.measures]
    columns = {name: [one.values[name] for one in search.tries] for name in names}
    spans = {name: _span(values) for name, values in columns.items()}
    return {
        "kind": "until",
        "maker": {"version": search.maker.version_id, "name": search.maker.name},
        "wish": [one.term.told() for one in search.measures],
        "tried": tried,
        "kept": search.kept,
        "asked": data["keep"],
        "limit": data["tries"],
        "ended": "kept_enough" if search.enough() else "limit",
        "yield": round(search.kept / tried, 4) if tried else 0.0,
        "scores": [one.told() for one in search.tries],
        "histogram": {name: _histogram(values, spans[name]) for name, values in columns.items()},
        "spans": {name: list(span) for name, span in spans.items()},
    }


def _span(values: Sequence[float]) -> tuple[float, float]:
    """0 to 1 for values that lie there, else the least and the greatest."""
    low, high = min(values), max(values)
    return (0.0, 1.0) if low >= 0.0 and high <= 1.0 else (low, high)


def _histogram(values: Sequence[float], span: tuple[float, float]) -> list[int]:
    low, high = span
    counts = [0] * _BINS
    for value in values:
        share = (value - low) / (high - low) if high > low else 0.0
        counts[min(_BINS - 1, int(share * _BINS))] += 1
    return counts
