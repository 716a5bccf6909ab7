"""Advice on a work in progress, each suggestion with its evidence and, where there is one, its preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.files import Artifact
from web.analyses import Mood, mood
from web.reports.evidence import Suggestion, suggestions
from web.reports.reading import Report
from web.reports.values import mapping, text
from web.texts import N_, _

#: Moods that one can aim at.
AIMS: Mapping[str, str] = {
    "calm": N_("calm"),
    "dramatic": N_("dramatic"),
    "joyful": N_("joyful"),
    "melancholic": N_("melancholic"),
    "mysterious": N_("mysterious"),
    "energetic": N_("energetic"),
    "tender": N_("tender"),
    "solemn": N_("solemn"),
}


@dataclass(frozen=True, slots=True)
class Advised:
    """A suggestion with the files of its preview, something to see or to hear; None where there is none."""

    suggestion: Suggestion
    picture: Artifact | None
    sound: Artifact | None
    file: Artifact | None


@dataclass(frozen=True, slots=True)
class Advice:
    """All of it. ``original`` is the work as it is; ``aim`` what the maker is after."""

    aim: str
    summary: str
    original: Artifact | None
    mood: Mood | None
    advised: list[Advised]


def of(report: Report) -> Advice:
    """A report as it is shown."""
    told = report.data
    return Advice(
        aim=_aim(mapping(told.get("aim"))),
        summary=text(told.get("summary")),
        original=report.file("picture") or report.file("thumbnail"),
        mood=mood(mapping(told.get("mood"))),
        advised=[_advised(one, report) for one in suggestions(told.get("suggestions"))],
    )


def _aim(told: Mapping[str, Any]) -> str:
    """What the maker is after: "calm, in the style of ukiyo-e, for children"."""
    word, style, audience = (text(told.get(name)) for name in ("mood", "style", "audience"))
    parts = [_(AIMS.get(word, word))] if word else []
    if style:
        parts.append(_("in the style of %(style)s", style=style))
    if audience:
        parts.append(_("for %(audience)s", audience=audience))
    return ", ".join(parts) or _("good craft, no mood in particular")


def _advised(one: Suggestion, report: Report) -> Advised:
    """A preview is a picture, or a piece with its roll and its sound beside it under longer roles."""
    role = one.preview
    file = report.around.get(role) if role else None
    sound = report.around.get(f"{role}-audio") if role else None
    picture = report.file(role) or report.file(f"{role}-roll") if role else None
    return Advised(one, picture, sound, None if file is None or file is picture else file)
