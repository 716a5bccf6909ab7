"""The representations by name, and what each does with scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from shared.errors import InvalidInput
from worker.music.score import Score

from . import events_codec, voices_codec
from .events_layout import EventsLayout, starts_of
from .plan import Plan
from .voices_layout import VoicesLayout

AnyLayout = VoicesLayout | EventsLayout


def layout_of(data: Mapping[str, Any]) -> AnyLayout:
    """The layout of a stored description. Raises InvalidInput for what this family cannot build."""
    try:
        if data.get("representation") == "voices":
            return VoicesLayout.from_dict(data)
        if data.get("representation") == "events":
            return EventsLayout.from_dict(data)
    except ValueError as error:
        raise InvalidInput(f"The version's description of its music cannot be used: {error}.") from error
    raise InvalidInput("The version is of a representation that this family does not know.")


def encode(score: Score, layout: AnyLayout) -> Tensor:
    """A piece as codes (T, slots). Raises ValueError for what the layout cannot hold."""
    if isinstance(layout, VoicesLayout):
        return voices_codec.encode(score, layout)
    return events_codec.encode(score, layout)


def decode(codes: Tensor, layout: AnyLayout, like: Score) -> Score:
    """Codes as a piece with what stands around the notes taken from ``like``."""
    if isinstance(layout, VoicesLayout):
        return voices_codec.decode(codes, layout, like)
    return events_codec.decode(codes, layout, like)


def plan_of(score: Score, layout: AnyLayout) -> Plan:
    """Bars and length of a piece in the layout's units, without its key."""
    if isinstance(layout, VoicesLayout):
        return voices_codec.plan_of(score)
    return events_codec.plan_of(score)


def cut(codes: Tensor, layout: AnyLayout, plan: Plan) -> Tensor:
    """Without what begins past the length of the plan."""
    if isinstance(layout, VoicesLayout) or not plan.length:
        return codes
    return codes[starts_of(codes) < plan.length]
