"""What an analyser answers: classes with their probabilities as bars, and how far to believe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.files import Artifact
from web.reports.values import label, mappings, share, text
from web.texts import _
from web.words import share as per_cent

#: So many questions of an analysis are shown.
_MOST = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A class; ``long`` is its bar's length, 0 to 100."""

    name: str
    long: float
    said: str


@dataclass(frozen=True, slots=True)
class Head:
    """One question and its answers, the likeliest first. ``overlay`` is the id of where it looked.

    ``verdict`` says the answer, or that it is not sure and why; ``trust`` how often it was right when it was
    sure, empty where that was not measured.
    """

    name: str
    title: str
    bars: list[Bar]
    sure: bool
    verdict: str
    trust: str
    overlay: str


def heads(told: Any, around: Mapping[str, Artifact], inside: bool = True) -> list[Head]:
    """The questions of an analysis; ``inside``: the picture is like those that were learned from.

    The files ``around`` it name the question that they belong to by its place in the report.
    """
    asked = told[:_MOST] if isinstance(told, list) else []
    return [
        _head(one, around.get(f"overlay-{place}"), inside)
        for place, one in enumerate(asked)
        if isinstance(one, dict) and text(one.get("name"))
    ]


def head_title(one: Mapping[str, Any]) -> str:
    """What a head is called."""
    title = text(one.get("title")) or label(one.get("name")).capitalize()
    return _(title) if title else ""


def bars(told: Any, most: int = 8) -> list[Bar]:
    """Classes as bars."""
    found = []
    for one in mappings(told, most):
        part = share(one.get("probability"))
        if part is not None and text(one.get("name")):
            found.append(Bar(label(one["name"]), round(100 * part, 1), per_cent(part)))
    return found


def _head(one: Mapping[str, Any], overlay: Artifact | None, inside: bool) -> Head:
    answers, sure = bars(one.get("classes")), one.get("sure") is True
    shown = (
        overlay is not None and overlay.media_type.startswith("image/") and one.get("gradcam") is not False
    )
    return Head(
        name=text(one["name"]),
        title=head_title(one),
        bars=answers,
        sure=sure,
        verdict=_verdict(answers, sure, share(one.get("threshold")), inside),
        # Of strangers it is never sure.
        trust=_trust(share(one.get("accuracy"))) if inside else "",
        overlay=overlay.id if overlay is not None and shown else "",
    )


def _verdict(answers: list[Bar], sure: bool, threshold: float | None, inside: bool) -> str:
    if not answers:
        return _("No answer")
    if sure:
        return answers[0].name
    if not inside:
        return _("Not sure: the picture is unlike those that it learned from")
    # As they are shown: a bar of 60 % must not stand beside a sentence that nothing reaches 60 %.
    if threshold is not None and all(round(one.long) < round(100 * threshold) for one in answers):
        return _("Not sure: nothing reaches %(least)s", least=per_cent(threshold))
    return _("Not sure")


def _trust(accuracy: float | None) -> str:
    if accuracy is None:
        return ""
    return _(
        "When it was sure of pictures it had not seen, it was right %(share)s of the time.",
        share=per_cent(accuracy),
    )
