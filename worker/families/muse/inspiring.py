"""The inspiration that a request gets: works near and far, palettes, motifs, proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from worker.family import Product, Request

from . import seeds, tunes
from .loaded import LoadedMuse
from .motifs import motifs_of
from .products import report, swatches
from .proposals import Proposal, described, maker_of, pairs_of, wander
from .recipes import require_maker
from .searching import cosines, diverse, falling, far_ones, middle
from .starts import Start, given_work, start_of
from .traits import PAINTING, Real

_PALETTES = 6


def inspire(loaded: LoadedMuse, request: Request) -> list[Product]:
    """The files of one request. Raises InvalidInput or BadFile, naming the field; or what a maker raises."""
    index, data = loaded.index, request.input
    maker = maker_of(request)
    if maker is not None:
        require_maker(maker, index.media)
    start = start_of(index, loaded.tags, given_work(index, loaded.looker, request), data)
    near, far, around = _found(loaded, start, data)
    proposals = _proposals(loaded, request, start, near, far)
    previews = [
        replace(one.preview, role=f"preview-{place}", position=0) if one.preview is not None else None
        for place, one in enumerate(proposals)
    ]
    told: dict[str, Any] = {
        "kind": "inspiration",
        "media": index.media,
        "asked": _asked(loaded, start, data),
        "near": [
            {**_told(loaded, place, around), "why": loaded.reasons.near(start, place)} for place in near
        ],
        "far": [
            {**_told(loaded, place, around), "why": loaded.reasons.far(start, around, place)} for place in far
        ],
        "palettes": _palettes(loaded, [*near, *far]),
        "motifs": [one.told(index.entries) for one in motifs_of(index, [*near, *far])],
        "proposals": [
            one.told(None if preview is None else preview.role)
            for one, preview in zip(proposals, previews, strict=True)
        ],
    }
    small = swatches([one["colours"] for one in told["palettes"]])
    return [report(request, told), *small, *(one for one in previews if one is not None)]


def _found(loaded: LoadedMuse, start: Start, data: dict[str, Any]) -> tuple[list[int], list[int], Real]:
    """Near places, far places, and the cosines (n,) with where one stands."""
    index = loaded.index
    count = min(int(data["works"]), len(index))
    many = round(count * float(data["far"]))
    order = falling(start.relevance)
    near = diverse(index.vectors, start.relevance, order[start.allowed[order]], count - many)
    around = start.near
    if around is None:
        around = cosines(index.vectors, middle(index.vectors, near or [int(order[0])]))
    given = start.given.place if start.given is not None else None
    far = far_ones(index.vectors, index.remote, around, many, [*near, *([] if given is None else [given])])
    return near, far, around


def _proposals(
    loaded: LoadedMuse, request: Request, start: Start, near: Sequence[int], far: Sequence[int]
) -> list[Proposal]:
    index, maker, seed = loaded.index, maker_of(request), int(request.input["seed"])
    pairs = pairs_of(index, start.given, near, far)
    if maker is None:
        found = [described(index, pair) for pair in pairs]
    elif index.media == PAINTING:
        found = seeds.between(index, loaded.looker, maker, pairs, seed)
    else:
        found = tunes.between(index, maker, pairs, seed)
    return [*found, *wander(request, index, far)]


def _told(loaded: LoadedMuse, place: int, around: Real) -> dict[str, Any]:
    return {"work": loaded.index.entries[place].told(), "distance": round(1.0 - float(around[place]), 3)}


def _asked(loaded: LoadedMuse, start: Start, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "work": None if start.given is None else start.given.told(loaded.index),
        "text": start.text,
        "mood": start.mood,
        "works": data["works"],
        "far": data["far"],
        "seed": data["seed"],
        "collection": len(loaded.index),
    }


def _palettes(loaded: LoadedMuse, places: Sequence[int]) -> list[dict[str, Any]]:
    entries = [loaded.index.entries[place] for place in places if loaded.index.entries[place].colours]
    return [
        {"colours": [colour.hex for colour in one.colours], "from": one.told()} for one in entries[:_PALETTES]
    ]
