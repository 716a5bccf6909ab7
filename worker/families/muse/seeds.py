"""Proposals for a maker of pictures: seeds are tried, and those that come out between two works are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shared.errors import AtelierError
from worker.family import Companion, Product

from .index import Index
from .looking import Looker
from .proposals import Parent, Proposal, contrast, described
from .reading import Work, read_made
from .recipes import fields_of, nth_seed
from .traits import Real

#: Pictures made to choose from, for all pairs together.
CANDIDATES = 16


@dataclass(frozen=True)
class Candidate:
    """A picture that the maker made: its recipe, its thumbnail and its place in the index's space."""

    recipe: dict[str, Any]
    preview: Product
    vector: Real


def between(
    index: Index, looker: Looker, maker: Companion, pairs: Sequence[tuple[Parent, Parent]], seed: int
) -> list[Proposal]:
    """A proposal for each pair: the candidate nearest to the middle between its two works, each used once.

    Raises:
        AtelierError: the maker fails.
    """
    candidates = _candidates(index, looker, maker, pairs, seed)
    made = len(candidates)
    found = []
    for pair in pairs:
        plan = described(index, pair)
        if not candidates:
            found.append(plan)
            continue
        halfway = pair[0].vector + pair[1].vector
        likeness = [_lesser(one.vector, pair, halfway) for one in candidates]
        whose = f"{made} pictures" if len(candidates) == made else f"the {len(candidates)} others"
        best = candidates.pop(int(np.argmax(likeness)))
        apart = [1.0 - float(best.vector @ one.vector) for one in pair]
        text = (
            f"Of {whose} by {maker.name} this one lies nearest to the middle of both, {pair[0].title} and "
            f"{pair[1].title} (distances {apart[0]:.2f} and {apart[1]:.2f}){contrast(index, *pair)}."
        )
        found.append(replace(plan, text=text, recipe=best.recipe, preview=best.preview))
    return found


def _lesser(vector: Real, pair: tuple[Parent, Parent], halfway: Real) -> float:
    length = float(np.linalg.norm(halfway))
    return (
        float(vector @ halfway) / length
        if length > 1e-6
        else -abs(float(vector @ (pair[0].vector - pair[1].vector)))
    )


def _candidates(
    index: Index, looker: Looker, maker: Companion, pairs: Sequence[tuple[Parent, Parent]], seed: int
) -> list[Candidate]:
    classes = _classes(maker, pairs) or [""]
    share = CANDIDATES // len(classes)
    inputs: list[dict[str, Any]] = [
        {
            "count": share,
            "seed": nth_seed(seed, place * share),
            **({"class_name": name} if name else {}),
        }
        for place, name in enumerate(classes)
    ]
    found: list[tuple[str, Product, Product]] = []
    for name, outcome in zip(classes, maker.make("generate", inputs), strict=True):
        if isinstance(outcome, AtelierError):
            raise outcome
        found += [(name, output, thumb) for output, thumb in with_thumbnails(outcome)]
    works: list[Work] = [read_made(output.data, index.media) for _, output, _ in found]
    traits = looker.look(works, index.side)
    return [
        Candidate(short_recipe(output), thumb, index.space.place(one.vector[None])[0])
        for (name, output, thumb), one in zip(found, traits, strict=True)
    ]


def _classes(maker: Companion, pairs: Sequence[tuple[Parent, Parent]]) -> list[str]:
    """Classes of the maker that works to be combined are labelled with, at most four."""
    if "class_name" not in fields_of(maker, "generate"):
        return []
    known = [str(name) for name in maker.config.get("classes", [])]
    wanted = [value for pair in pairs for one in pair for value in one.labels.values() if value in known]
    return list(dict.fromkeys(wanted))[:4]


def with_thumbnails(products: Sequence[Product]) -> list[tuple[Product, Product]]:
    """Each output with its thumbnail; the output itself where there is none."""
    small = {one.position: one for one in products if one.role == "thumbnail"}
    outputs = [one for one in products if one.role == "output"]
    return [(one, small.get(one.position, one)) for one in outputs]


def short_recipe(output: Product) -> dict[str, Any]:
    """The job that makes an output again."""
    recipe = output.recipe or {}
    return {name: recipe[name] for name in ("family", "version", "operation", "input") if name in recipe}
