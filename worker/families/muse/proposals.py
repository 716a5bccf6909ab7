"""What to make next: two works to combine, and how. With a maker each proposal is a job ready to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worker.family import Companion, Product, Request

from .index import Index
from .motifs import colour_name
from .poles import POLES, catalogue_of, named
from .recipes import own_job, reference
from .starts import Given
from .traits import PAINTING, Colour, Real, Traits

MOST_PAIRS = 3


@dataclass(frozen=True)
class Parent:
    """A work to be combined: one of the index, or the one given."""

    hash: str
    name: str
    title: str
    labels: dict[str, str]
    vector: Real
    figures: dict[str, float]
    colours: tuple[Colour, ...]
    facts: dict[str, int]

    @staticmethod
    def of_index(index: Index, place: int) -> Parent:
        """A work of the index."""
        one = index.entries[place]
        vector = index.vectors[place].float().numpy()
        return Parent(
            one.hash,
            one.name,
            one.title,
            dict(one.labels),
            vector,
            index.row(place),
            one.colours,
            dict(one.facts),
        )

    @staticmethod
    def of_given(index: Index, given: Given) -> Parent:
        """The work that a request came with."""
        if given.place is not None:
            return Parent.of_index(index, given.place)
        traits: Traits = given.traits
        return Parent(
            given.hash,
            given.name,
            given.name,
            {},
            given.vector,
            dict(traits.figures),
            traits.colours,
            dict(traits.facts),
        )

    def told(self) -> dict[str, Any]:
        """As reports name it."""
        return {"hash": self.hash, "name": self.name, "labels": self.labels}


@dataclass(frozen=True)
class Proposal:
    """One thing to make: ``recipe`` is a job or None; ``preview`` shows what it gives."""

    title: str
    text: str
    parents: tuple[Parent, ...]
    recipe: dict[str, Any] | None = None
    preview: Product | None = None

    def told(self, role: str | None) -> dict[str, Any]:
        """As reports have it."""
        return {
            "title": self.title,
            "text": self.text,
            "recipe": self.recipe,
            "from": [one.told() for one in self.parents],
            "preview": role,
        }


def pairs_of(
    index: Index, given: Given | None, near: Sequence[int], far: Sequence[int]
) -> list[tuple[Parent, Parent]]:
    """Which works to combine: the given one, or the nearest, with one that is near and one that is far; where
    nothing far is shown, with more that are near.
    """
    ones = [Parent.of_index(index, place) for place in near[:MOST_PAIRS]]
    others = [Parent.of_index(index, place) for place in far[:2]]
    first = [Parent.of_given(index, given)] if given is not None else []
    chain = [*first, *ones]
    wanted = [(chain[0], chain[1])] if len(chain) > 1 else []
    wanted += [(chain[0], one) for one in others[:1] if chain]
    wanted += [(chain[1], one) for one in others[-1:] if len(chain) > 1]
    if not others:
        wanted += [(chain[0], one) for one in chain[2:]]
    return [(a, b) for a, b in wanted if a.hash != b.hash or not a.hash][:MOST_PAIRS]


def described(index: Index, pair: tuple[Parent, Parent]) -> Proposal:
    """Two works to combine by hand."""
    first, second = pair
    title = f"Combine {first.title} and {second.title}"
    if index.media == PAINTING and first.colours:
        colours = ", ".join(f"{colour_name(one)} {one.hex}" for one in first.colours[:3])
        text = f"Take the colours of {first.title} ({colours}) and the layout of {second.title}"
    else:
        text = f"Take the melody of {first.title} and the harmony and rhythm of {second.title}"
    return Proposal(title, f"{text}{contrast(index, first, second)}.", pair)


def wander(request: Request, index: Index, far: Sequence[int]) -> list[Proposal]:
    """Going on from the farthest work, with this same muse."""
    if not far or not index.entries[far[0]].hash:
        return []
    there = Parent.of_index(index, far[0])
    given = {"work": reference(there.hash), "works": request.input["works"], "seed": request.input["seed"]}
    if "maker" in request.input:
        given["maker"] = request.input["maker"]
    text = f"Stand where {there.title} is and look around from there."
    return [Proposal(f"Go on from {there.title}", text, (there,), own_job(request, "inspire", given))]


def contrast(index: Index, first: Parent, second: Parent) -> str:
    """In which figure two works differ most, measured by what is usual, among those whose values are written
    differently; "" when there is none.
    """
    best, widest = "", 0.0
    for name in POLES[index.media]:
        if name not in first.figures or name not in second.figures:
            continue
        figure, one, other = catalogue_of(index.media)[name], first.figures[name], second.figures[name]
        gap = abs(one - other) / figure.spread
        if gap > widest and figure.written(one) != figure.written(other):
            best, widest = name, gap
    if not best:
        return ""
    pole, written = POLES[index.media][best], catalogue_of(index.media)[best].written
    one, other = first.figures[best], second.figures[best]
    return (
        f": the first is {pole.compared(high=one > other)} ({named(index.media, best)} {written(one)}), "
        f"the second {pole.compared(high=other > one)} ({written(other)})"
    )


def maker_of(request: Request) -> Companion | None:
    """The companion that proposals are to be made by."""
    return request.companions.get("maker")
