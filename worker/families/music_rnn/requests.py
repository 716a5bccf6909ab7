"""From a request to the pieces it asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from shared.errors import InvalidInput
from worker.family import Request
from worker.music.score import TICKS, Score
from worker.schemas import LARGEST_SEED

from . import drafting, operations
from .composing import FREE
from .corpus import with_key
from .drafting import MOST_STEPS, Dials, Wish
from .fitting import fit, melody_of, read, require_voices
from .layouts import plan_of
from .operations import ANY
from .plan import Plan
from .version import Version
from .voices_codec import encode_line

TONICS = operations.TONICS[1:]
#: Rows times steps of a request: some minutes on a slow core.
MOST_WORK = 1_000_000
#: Longest piece in seconds.
MOST_SECONDS = 600


def wishes_of(version: Version, request: Request) -> list[Wish]:
    """The pieces of a request in order. Raises InvalidInput or BadFile, naming the field."""
    wishes = _WISHERS[request.operation](version, request)
    _check_work(version, request, wishes)
    if any(len(wish.draft.given) > MOST_STEPS for wish in wishes):
        raise InvalidInput(
            f"The piece would have more than {MOST_STEPS} steps (sixteenths, or notes); ask for fewer bars "
            "or give a shorter piece.",
            field="bars" if "bars" in request.input else next(iter(request.files)),
            code="too_long",
        )
    return wishes


def _check_work(version: Version, request: Request, wishes: Sequence[Wish]) -> None:
    """Raises InvalidInput when the answer would take minutes to compute, or to play."""
    if sum(wish.work for wish in wishes) > MOST_WORK:
        raise InvalidInput(
            "This is too much for one request: ask for less care, fewer rounds, pieces or bars.",
            field="care",
            code="too_much_work",
        )
    for wish in wishes:
        ticks = wish.draft.plan.length * drafting.unit(version.layout)
        if ticks / TICKS * 60.0 / wish.like.tempo > MOST_SECONDS:
            raise InvalidInput(
                f"The piece would last longer than {MOST_SECONDS // 60} minutes; ask for fewer bars or a "
                "higher tempo.",
                field="bars" if "bars" in request.input else next(iter(request.files)),
                code="too_long",
            )


def _compose(version: Version, request: Request) -> list[Wish]:
    data, style = request.input, version.style
    wishes = []
    for dials in _dials(data, int(data["count"])):
        key = style.a_key(*_asked_key(data), drafting.source_of(dials.seed))
        draft = drafting.composition(
            version.layout,
            style,
            bars=int(data["bars"]),
            seed=dials.seed,
            key=key,
            temperature=dials.temperature,
            top_p=dials.top_p,
            care=int(data["care"]),
        )
        wishes.append(Wish(draft, style.empty(tempo=data.get("tempo"), key=key)))
    return wishes


def _continue(version: Version, request: Request) -> list[Wish]:
    data = request.input
    primer = fit(read(request, "primer"), version, "primer")
    kept = primer.end
    if data["keep_bars"]:
        kept = min(kept, primer.bar_start(int(data["keep_bars"]) + bool(primer.pickup)))
    end = primer.bar_start(int(data["bars"]) + bool(primer.pickup))
    if kept >= end:
        raise InvalidInput(
            f"What is kept of the primer has {primer.bar_of(kept - 1) + (0 if primer.pickup else 1)} bars; "
            "the whole piece must be longer.",
            field="bars",
            code="primer_too_long",
        )
    codes, plan = drafting.beginning(version.layout, primer, kept, end)
    like = replace(primer, tempo=data.get("tempo") or primer.tempo)
    return [
        Wish(drafting.continuation(version.layout, codes, plan, dials), like)
        for dials in _dials(data, int(data["count"]))
    ]


def _harmonise(version: Version, request: Request) -> list[Wish]:
    data, layout = request.input, require_voices(version)
    melody = melody_of(read(request, "melody"), version, "melody")
    like = version.style.empty(tempo=data.get("tempo") or melody.tempo, key=melody.key)
    like = replace(like, meter=melody.meter, pickup=melody.pickup, title=melody.title)
    plan = replace(plan_of(melody, layout), key=melody.key)
    given = torch.full((plan.length, layout.voices), FREE)
    given[:, 0] = encode_line(melody.parts[0].notes, layout, plan.length)
    return [
        Wish(
            drafting.around(given, plan, dials, int(data["care"])),
            like,
            drafting.sweeps(given, int(data["rounds"])),
            melody.parts[0],
        )
        for dials in _dials(data, int(data["count"]))
    ]


def _inpaint(version: Version, request: Request) -> list[Wish]:
    data = request.input
    piece, codes, plan = _whole(version, request, "piece")
    # People count full bars: an incomplete first one is bar 0.
    first, last = (int(data[name]) - (0 if piece.pickup else 1) for name in ("from_bar", "to_bar"))
    if first > last or last >= piece.bars:
        raise InvalidInput(
            f"The bars must lie within the piece, which has {piece.bars - bool(piece.pickup)}, the first "
            "before the last.",
            field="to_bar",
            code="no_such_bars",
        )
    voices = _free_voices(version, data)
    given = drafting.freed(codes, piece, range(first, last + 1), voices)
    return [
        Wish(drafting.around(given, plan, dials, int(data["care"])), piece)
        for dials in _dials(data, int(data["count"]))
    ]


def _variations(version: Version, request: Request) -> list[Wish]:
    data = request.input
    piece, codes, plan = _whole(version, request, "piece")
    wishes = []
    for dials in _dials(data, int(data["count"])):
        bars = drafting.some_bars(piece.bars, float(data["strength"]), dials.seed)
        given = drafting.freed(codes, piece, bars, _free_voices(version, data))
        wishes.append(Wish(drafting.around(given, plan, dials, int(data["care"])), piece))
    return wishes


def _interpolate(version: Version, request: Request) -> list[Wish]:
    data, layout = request.input, require_voices(version)
    first, second = (fit(read(request, name), version, name) for name in ("piece_a", "piece_b"))
    if first.bar != second.bar:
        raise InvalidInput(
            "The pieces have bars of different lengths; choose two of the same meter.",
            field="piece_b",
            code="different_meters",
        )
    given, plan = drafting.bridge(
        layout, first, second, keep=int(data["keep_bars"]), between=int(data["bars"])
    )
    return [
        Wish(drafting.around(given, plan, dials, int(data["care"])), replace(first, title=""))
        for dials in _dials(data, int(data["count"]))
    ]


_WISHERS: dict[str, Callable[[Version, Request], list[Wish]]] = {
    "generate": _compose,
    "continue": _continue,
    "harmonise": _harmonise,
    "inpaint": _inpaint,
    "variations": _variations,
    "interpolate": _interpolate,
}


def _whole(version: Version, request: Request, field: str) -> tuple[Score, torch.Tensor, Plan]:
    """An earlier piece, its codes and plan."""
    require_voices(version)
    piece = with_key(fit(read(request, field), version, field))
    codes, plan = drafting.beginning(version.layout, piece, piece.end, piece.end)
    return piece, codes, plan


def _free_voices(version: Version, data: dict[str, Any]) -> range:
    return range(1 if data["keep_melody"] else 0, len(version.layout.slots))


def _dials(data: dict[str, Any], count: int) -> list[Dials]:
    seeds = [(int(data["seed"]) + offset) % (LARGEST_SEED + 1) for offset in range(count)]
    return [Dials(float(data["temperature"]), float(data["top_p"]), seed) for seed in seeds]


def _asked_key(data: dict[str, Any]) -> tuple[int | None, str | None]:
    tonic = None if data["tonic"] == ANY else TONICS.index(data["tonic"])
    return tonic, None if data["mode"] == ANY else str(data["mode"])
