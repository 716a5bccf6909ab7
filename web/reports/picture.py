"""The analysis of a picture as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.files import Artifact
from web.analyses import Mood, mood
from web.reports.bars import Head, heads
from web.reports.evidence import Sentence, sentences
from web.reports.figures import Figures, Titles, fault, figures, place
from web.reports.named import Named, Names
from web.reports.palette import Swatch, Wheel, swatches, wheel
from web.reports.reading import Report
from web.reports.values import mapping, mappings, number, numbers, text
from web.texts import _
from web.words import figure

#: The longer side of the picture on the drawing of its composition.
_SIDE = 100.0


@dataclass(frozen=True, slots=True)
class Composition:
    """The drawing over the picture, ``wide`` by ``high``: where the eye goes and where the weight lies."""

    wide: float
    high: float
    centre: tuple[float, float] | None
    balance: tuple[float, float] | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A work near to this one, and how far it is."""

    work: Named
    distance: str


@dataclass(frozen=True, slots=True)
class PictureAnalysis:
    """All of it. ``outside`` says why the answers may mean little; empty for a picture of the kind known.

    ``picture`` and ``small`` are the files to look at. ``faults`` is None where none were looked for.
    """

    title: str
    size: str
    picture: Artifact | None
    small: Artifact | None
    heads: list[Head]
    outside: str
    swatches: list[Swatch]
    wheel: Wheel | None
    palette: Figures
    composition: Composition
    texture: Figures
    faults: list[tuple[str, str]] | None
    mood: Mood | None
    critique: list[Sentence]
    originality: str
    neighbours: list[Neighbour]

    @property
    def overlays(self) -> list[Head]:
        """The questions for which one can see where it looked."""
        return [head for head in self.heads if head.overlay and self.small is not None]


def of(report: Report) -> PictureAnalysis:
    """A report as it is shown."""
    told = report.data
    size = numbers(told.get("size"), 2)
    palette = mapping(told.get("palette"))
    originality = mapping(told.get("originality"))
    titles = Titles(told.get("titles"))
    domain, faults = mapping(told.get("domain")), told.get("faults")
    return PictureAnalysis(
        title=text(told.get("title")),
        size="" if size is None else f"{size[0]:.0f} × {size[1]:.0f}",
        picture=report.file("picture") or report.file("thumbnail"),
        small=report.file("thumbnail") or report.file("picture"),
        heads=heads(told.get("heads"), report.around, domain.get("inside") is not False),
        outside=_outside(domain),
        swatches=swatches(palette.get("colours")),
        wheel=wheel(palette),
        palette=figures(palette, "palette", titles),
        composition=_composition(mapping(told.get("composition")), size, titles),
        texture=figures(told.get("texture"), "texture", titles),
        faults=[_fault(one) for one in mappings(faults)] if isinstance(faults, list) else None,
        mood=mood(mapping(told.get("mood"))),
        critique=sentences(told.get("critique")),
        originality=text(originality.get("text")),
        neighbours=_neighbours(mappings(originality.get("neighbours"), 12)),
    )


def _outside(domain: Mapping[str, Any]) -> str:
    if domain.get("inside") is not False:
        return ""
    return text(domain.get("text")) or _(
        "Unlike the pictures that the analyser learned from: its answers mean little."
    )


def _composition(told: Mapping[str, Any], size: Sequence[float] | None, titles: Titles) -> Composition:
    across, down = size if size is not None and min(size) > 0 else (1.0, 1.0)
    longer = max(across, down)
    wide, high = round(_SIDE * across / longer, 2), round(_SIDE * down / longer, 2)
    centre = place(told.get("focus"), 0, 1) or place(told.get("centre"), 0, 1)
    balance = place(told.get("balance"), -1, 1)
    return Composition(
        wide, high, _on(centre, wide, high), _on(balance, wide, high), figures(told, "composition", titles)
    )


def _on(spot: tuple[float, float] | None, wide: float, high: float) -> tuple[float, float] | None:
    return None if spot is None else (round(spot[0] * wide / 100, 2), round(spot[1] * high / 100, 2))


def _fault(one: Mapping[str, Any]) -> tuple[str, str]:
    level, bound = number(one.get("level")), number(one.get("bound"))
    said = text(one.get("text"))
    if level is not None and bound is not None:
        measured = _("%(level)s, the bound is %(bound)s", level=figure(level), bound=figure(bound))
        said = f"{said} ({measured})" if said else measured
    return fault(text(one.get("code"))), said


def _neighbours(told: list[Mapping[str, Any]]) -> list[Neighbour]:
    names = Names(told)
    return [
        Neighbour(
            names.of(one.get("work")), "" if (far := number(one.get("distance"))) is None else figure(far)
        )
        for one in told
    ]
