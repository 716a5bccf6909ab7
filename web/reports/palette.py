"""A picture's colours as swatches, and their harmony on a wheel of hues, those of CIELAB."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.reports.values import colour, mapping, mappings, number, numbers, share, text
from web.texts import N_, _
from web.words import share as per_cent

#: The sectors of each harmony template, as (centre, width) in degrees (Cohen-Or et al., "Color
#: harmonization", 2006).
TEMPLATES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "i": ((0, 18),),
    "V": ((0, 93.6),),
    "L": ((0, 18), (90, 79.2)),
    "I": ((0, 18), (180, 18)),
    "T": ((0, 180),),
    "Y": ((0, 93.6), (180, 18)),
    "X": ((0, 93.6), (180, 93.6)),
}
#: What the templates are called.
HARMONIES: Mapping[str, str] = {
    "i": N_("a single hue"),
    "I": N_("two opposite hues"),
    "V": N_("neighbouring hues"),
    "L": N_("one hue beside a family a quarter turn away"),
    "Y": N_("neighbouring hues with an opposite accent"),
    "T": N_("one half of the hue circle"),
    "X": N_("two opposite families of hues"),
    "N": N_("hardly any colour"),
}
#: How far sectors and colours reach on a wheel of 100; outside lies the ring of hues.
_SECTOR = 38.0
#: Chroma that reaches the edge of the sectors.
_VIVID = 64.0


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour and how much of the picture it takes; ``x`` and ``wide`` are its place on a strip of 100."""

    hex: str
    name: str
    said: str
    x: float
    wide: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A colour of the palette on the wheel."""

    x: float
    y: float
    r: float
    fill: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """The harmony: its name, how well it fits, the template's sectors as SVG paths, and the colours."""

    name: str
    fit: str
    sectors: list[str]
    dots: list[Dot]


def swatches(told: Any) -> list[Swatch]:
    """The colours of a palette, largest first; those whose share is unknown take equal room."""
    rows = [
        (colour(one.get("hex")), text(one.get("name")), share(one.get("share"))) for one in mappings(told, 12)
    ]
    return _strip([row for row in rows if row[0]])


def plain(colours: Any, most: int = 12) -> list[Swatch]:
    """Colours of which nothing but the hex is known, ``most`` of them."""
    found = [colour(one) for one in colours[:most]] if isinstance(colours, list) else []
    return _strip([(one, "", None) for one in found if one])


def wheel(palette: Mapping[str, Any]) -> Wheel | None:
    """The harmony of a palette; None when nothing is told of it."""
    told = mapping(palette.get("harmony"))
    template = text(told.get("template"))
    name = HARMONIES.get(template) or text(told.get("name")) or template
    if not name:
        return None
    angle, fit = number(told.get("angle")) or 0.0, share(told.get("fit"))
    sectors = TEMPLATES.get(template, ())
    return Wheel(
        name=_(name),
        fit="" if fit is None else per_cent(fit),
        sectors=[_sector(angle + centre - wide / 2, angle + centre + wide / 2) for centre, wide in sectors],
        dots=_dots(palette.get("colours")),
    )


def _strip(rows: list[tuple[str, str, float | None]]) -> list[Swatch]:
    known = all(part is not None for _hex, _name, part in rows)
    parts = [part if known and part is not None else 1.0 for _hex, _name, part in rows]
    total, at, found = sum(parts) or 1.0, 0.0, []
    for (hex_, name, part), size in zip(rows, parts, strict=True):
        wide = 100 * size / total
        said = "" if part is None else per_cent(part)
        found.append(Swatch(hex_, _(name) if name else "", said, round(at, 2), round(wide, 2)))
        at += wide
    return found


def _at(angle: float, radius: float) -> str:
    """A place on the wheel: hue 0 lies at the top and hues go round with the clock."""
    turn = math.radians(angle - 90)
    return f"{50 + radius * math.cos(turn):.2f} {50 + radius * math.sin(turn):.2f}"


def _sector(start: float, end: float) -> str:
    large = int(end - start > 180)
    return f"M50 50L{_at(start, _SECTOR)}A{_SECTOR} {_SECTOR} 0 {large} 1 {_at(end, _SECTOR)}Z"


def _dots(told: Any) -> list[Dot]:
    """The colours whose place is known: the angle is the hue, the distance from the middle the chroma."""
    found = []
    for one in mappings(told, 12):
        lab, fill, part = numbers(one.get("lab"), 3), colour(one.get("hex")), share(one.get("share"))
        if lab is not None and fill:
            chroma = min(1.0, math.hypot(lab[1], lab[2]) / _VIVID)
            x, y = _at(math.degrees(math.atan2(lab[2], lab[1])), _SECTOR * chroma).split()
            found.append(Dot(float(x), float(y), round(1.6 + 4.5 * math.sqrt(part or 0.05), 2), fill))
    return found
