"""Names of the figures of a picture, and rows of them: the telling ones first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.reports.values import mapping, number, point, text
from web.texts import N_, _
from web.words import figure
from web.words import share as per_cent

Rows = list[tuple[str, str]]

#: The figures that are shown at once, with what they are called.
NAMES: Mapping[str, str] = {
    "contrast": N_("Contrast of lightness"),
    "range": N_("Range of lightness"),
    "brightness": N_("Brightness"),
    "saturation": N_("Saturation"),
    "colourfulness": N_("Colourfulness"),
    "temperature": N_("Temperature, cool -1 to warm 1"),
    "thirds": N_("Nearness to the thirds"),
    "symmetry_lr": N_("Symmetry, left and right"),
    "symmetry_tb": N_("Symmetry, top and bottom"),
    "edge_density": N_("Density of edges"),
    "depth_of_focus": N_("Depth of focus"),
    "negative_space": N_("Empty space"),
    "coarseness": N_("Coarseness"),
    "orientation_coherence": N_("Strokes in one direction"),
    "stroke_scale": N_("Size of the strokes"),
    "entropy": N_("Variety of detail"),
    "roughness": N_("Roughness"),
}
#: Figures that are parts of a whole.
SHARES = frozenset(
    {"negative_space", "edge_density", "saturation", "brightness", "thirds", "symmetry_lr", "symmetry_tb"}
    | {"coarseness", "stroke_scale", "orientation_coherence", "roughness"}
)
#: Pairs whose ends are figures of their own.
_ENDS: Mapping[str, tuple[str, str]] = {"symmetry": ("symmetry_lr", "symmetry_tb")}
_FAULTS: Mapping[str, str] = {
    "noise": N_("Noise"),
    "blocking": N_("Blocks of compression"),
    "clipped_shadows": N_("Shadows without detail"),
    "clipped_highlights": N_("Highlights without detail"),
    "blur": N_("Blur"),
    "tiny": N_("Very small"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one part of a report: those that are ``shown`` at once, and the ``rest``."""

    shown: Rows
    rest: Rows


class Titles:
    """What the figures of a report are called and measured in: ``{name: [title, unit]}``, as it tells."""

    def __init__(self, told: Any = None) -> None:
        self._told = mapping(told)

    def named(self, name: str) -> str:
        """A figure's name as people read it; one that nobody named is read from its own name."""
        last = name.rpartition(".")[2]
        if last in NAMES:
            return _(NAMES[last])
        title = self._part(name, 0)
        return _(title) if title else last.replace("_", " ").capitalize()

    def said(self, name: str, *values: float) -> list[str]:
        """Its values, as they are written."""
        share = name.rpartition(".")[2] in SHARES and all(0 <= value <= 1 for value in values)
        return measured("%" if share else self._part(name, 1), *values)

    def _part(self, name: str, place: int) -> str:
        told = self._told.get(name)
        return text(told[place]) if isinstance(told, list) and len(told) == 2 else ""


def measured(unit: str, *values: float) -> list[str]:
    """Values in their unit; of shares, whose unit is "%", they are 0 to 1."""
    if unit == "%":
        return [per_cent(value) for value in values]
    return [f"{figure(value)}{unit if unit == '°' else f' {unit}' if unit else ''}" for value in values]


def figures(told: Any, part: str = "", titles: Titles | None = None) -> Figures:
    """The numbers, and pairs of numbers, of one ``part`` of a report."""
    flat: dict[str, float] = {}
    for name, value in mapping(told).items():
        pair = point(value)
        if number(value) is not None:
            flat[name] = float(value)
        elif pair is not None:
            flat |= dict(zip(_ENDS.get(name, (f"{name}_x", f"{name}_y")), pair, strict=True))
    return sorted_out({f"{part}.{name}": [value] for name, value in flat.items()}, titles or Titles())


def sorted_out(told: Mapping[str, Sequence[float]], titles: Titles) -> Figures:
    """Rows of figures by their full names; of three values the first and the last are the ends of a range."""
    rows = {name: (titles.named(name), _row(titles.said(name, *values))) for name, values in told.items()}
    shown = {name.rpartition(".")[2]: name for name in rows}
    first = [shown[name] for name in NAMES if name in shown]
    return Figures([rows[name] for name in first], [row for name, row in rows.items() if name not in first])


def _row(said: Sequence[str]) -> str:
    if len(said) != 3:
        return ", ".join(said)
    low, middle, high = said
    return _("%(middle)s (%(low)s to %(high)s)", middle=middle, low=low, high=high)


def fault(code: str) -> str:
    """A technical fault by its name."""
    return _(_FAULTS[code]) if code in _FAULTS else code.replace("_", " ").capitalize()


def place(value: Any, low: float, high: float) -> tuple[float, float] | None:
    """A point that lies between ``low`` and ``high`` each way, as parts of 100."""
    found = point(value)
    if found is None:
        return None
    x, y = (100 * (max(low, min(high, one)) - low) / (high - low) for one in found)
    return round(x, 1), round(y, 1)
