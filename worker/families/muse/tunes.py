"""Proposals for a maker of music: bridges between two pieces, and jobs on one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from worker.family import Companion

from .index import Index
from .proposals import Parent, Proposal, contrast, described
from .recipes import fields_of, job_for, nth_seed, reference

_KEPT, _BRIDGE = 4, 4
_LONGER = 8


def between(
    index: Index, maker: Companion, pairs: Sequence[tuple[Parent, Parent]], seed: int
) -> list[Proposal]:
    """A bridge for each pair that has one; then a continuation, variations and a harmonisation of the first
    piece. Pairs without a bridge are described.
    """
    found = []
    for place, pair in enumerate(pairs):
        plan = described(index, pair)
        job = _bridge(maker, pair, nth_seed(seed, place))
        text = plan.text
        if job is not None:
            ends = f"Begin as {pair[0].title} and end as {pair[1].title}"
            text = f"{ends}{contrast(index, *pair)}. {maker.name} writes {_BRIDGE} bars between them."
        found.append(replace(plan, text=text, recipe=job))
    if pairs:
        found += _alone(maker, pairs[0][0], seed)
    return found


def _bridge(maker: Companion, pair: tuple[Parent, Parent], seed: int) -> dict[str, Any] | None:
    first, second = pair
    if not (_fits(maker, first) and _fits(maker, second)) or first.facts.get("bar") != second.facts.get(
        "bar"
    ):
        return None
    keep = min(_KEPT, first.facts["bars"], second.facts["bars"])
    given = {
        "piece_a": reference(first.hash),
        "piece_b": reference(second.hash),
        "keep_bars": max(1, keep),
        "bars": _BRIDGE,
        "seed": seed,
    }
    return job_for(maker, "interpolate", given)


def _alone(maker: Companion, piece: Parent, seed: int) -> list[Proposal]:
    """Jobs on one piece."""
    if not piece.hash:
        return []
    work = reference(piece.hash)
    bars = piece.facts.get("bars", 0)
    wanted: list[tuple[str, str, str, dict[str, Any]]] = []
    if _fits(maker, piece):
        wanted = [
            ("variations", f"Vary {piece.title}", "Some of its bars are drawn anew.", {"piece": work}),
            (
                "harmonise",
                f"Harmonise the melody of {piece.title}",
                "Other voices under the same melody.",
                {"melody": work},
            ),
        ]
    if 0 < bars <= 128:
        wanted.append(
            (
                "continue",
                f"Go on with {piece.title}",
                f"Its {bars} bars, and {_LONGER} more.",
                {"primer": work, "bars": bars + _LONGER},
            )
        )
    jobs = [
        (title, text, job_for(maker, name, {**given, "seed": seed})) for name, title, text, given in wanted
    ]
    return [Proposal(title, text, (piece,), job) for title, text, job in jobs if job is not None]


def _fits(maker: Companion, piece: Parent) -> bool:
    """Whether a piece has as many voices as the maker writes for, within its range."""
    layout = maker.config.get("layout", {})
    if "interpolate" not in {one.name for one in maker.description.operations} or "voices" not in layout:
        return False
    facts = piece.facts
    return bool(
        piece.hash
        and facts.get("voices") == layout["voices"]
        and facts["low"] >= layout.get("low", 0)
        and facts["high"] <= layout.get("high", 127)
        and fields_of(maker, "interpolate")
    )
