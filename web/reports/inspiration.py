"""A muse's board: works near and far, palettes, motifs, and proposals that one click makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import json

from shared.errors import InvalidInput
from shared.files import Artifact
from web.reports.named import Named, Names
from web.reports.palette import Swatch, plain
from web.reports.reading import Report
from web.reports.values import mapping, mappings, number, text
from web.texts import N_, _
from web.words import figure

#: So many colours of a palette stand in one row.
_OF_A_PALETTE = 6
_ASKED: Mapping[str, str] = {
    "work": N_("a work"),
    "text": N_("the words “%(what)s”"),
    "mood": N_("the mood “%(what)s”"),
}


@dataclass(frozen=True, slots=True)
class Pinned:
    """A work on the board, why it hangs there and how far it is."""

    work: Named
    why: str
    distance: str


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours, and the work they are from."""

    swatches: list[Swatch]
    source: Named


@dataclass(frozen=True, slots=True)
class Motif:
    """Something that comes back in several works."""

    text: str
    works: list[Named]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to make next; ``ready`` says whether one click can make it. ``number`` is its place."""

    number: int
    title: str
    text: str
    sources: list[Named]
    preview: Artifact | None
    recipe: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Inspiration:
    """All of it; ``asked`` says what the muse was given."""

    asked: str
    near: list[Pinned]
    far: list[Pinned]
    palettes: list[Palette]
    motifs: list[Motif]
    proposals: list[Proposal]


def of(report: Report, given: str = "") -> Inspiration:
    """A report as it is shown; ``given`` is what the work is called that the muse was given."""
    told = report.data
    names = Names(told)
    return Inspiration(
        asked=_asked(mapping(told.get("asked")), given),
        near=[_pinned(one, names) for one in mappings(told.get("near"), 48)],
        far=[_pinned(one, names) for one in mappings(told.get("far"), 48)],
        palettes=[
            Palette(colours, names.of(one.get("from")))
            for one in mappings(told.get("palettes"), 12)
            if (colours := plain(one.get("colours"), _OF_A_PALETTE))
        ],
        motifs=[
            Motif(text(one["text"]), [names.of(work) for work in mappings(one.get("works"), 6)])
            for one in mappings(told.get("motifs"), 24)
            if text(one.get("text"))
        ],
        proposals=[_proposal(number, one, names, report) for number, one in enumerate(_proposals(told))],
    )


def recipe(report: Report, number: int) -> Mapping[str, Any]:
    """The recipe of a proposal: its version, operation and input.

    Raises:
        InvalidInput: there is no such proposal, or nothing that could be made.
    """
    told = _proposals(report.data)
    found = mapping(told[number].get("recipe")) if 0 <= number < len(told) else {}
    if not _ready(found):
        raise InvalidInput(_("This proposal cannot be made here: it names no model."), field="proposal")
    return found


def _proposals(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return mappings(told.get("proposals"), 24)


def _ready(found: Mapping[str, Any]) -> bool:
    return bool(
        text(found.get("version")) and text(found.get("operation")) and isinstance(found.get("input"), dict)
    )


def _asked(told: Mapping[str, Any], given: str) -> str:
    parts = []
    for name, said in _ASKED.items():
        value = told.get(name)
        if value:
            parts.append(f"“{given}”" if name == "work" and given else _(said, what=text(value)))
    return ", ".join(parts) or _("nothing: a walk through the collection")


def _pinned(one: Mapping[str, Any], names: Names) -> Pinned:
    distance = number(one.get("distance"))
    return Pinned(
        names.of(one.get("work")), text(one.get("why")), "" if distance is None else figure(distance)
    )


def _proposal(place: int, one: Mapping[str, Any], names: Names, report: Report) -> Proposal:
    found = mapping(one.get("recipe"))
    sources = one.get("from")
    listed = mappings(sources, 6) if isinstance(sources, list) else [mapping(sources)] if sources else []
    return Proposal(
        number=place,
        title=text(one.get("title")),
        text=text(one.get("text")),
        sources=[names.of(work) for work in listed],
        preview=report.file(text(one.get("preview"))),
        recipe=json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False),
        ready=_ready(found),
    )
