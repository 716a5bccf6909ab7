"""Names of the figures of a picture, and rows of them: the telling ones first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.reports.values import mapping, number, point
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


def figures(told: Any) -> Figures:
    """The numbers, and pairs of numbers, of one part of a report."""
    flat: dict[str, str] = {}
    for name, value in mapping(told).items():
        pair = point(value)
        if number(value) is not None:
            flat[name] = _said(name, float(value))
        elif pair is not None:
            first, second = _ENDS.get(name, ("", ""))
            flat |= {first: _said(first, pair[0]), second: _said(second, pair[1])} if first else {}
            if not first:
                flat[name] = f"{figure(pair[0])}, {figure(pair[1])}"
    return Figures(
        [(named(name), flat[name]) for name in NAMES if name in flat],
        [(named(name), said) for name, said in flat.items() if name not in NAMES],
    )


def named(name: str) -> str:
    """A figure's name as people read it; one that nobody translated is read from its own name."""
    last = name.rpartition(".")[2]
    return _(NAMES[last]) if last in NAMES else last.replace("_", " ").capitalize()


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


def _said(name: str, value: float) -> str:
    return per_cent(value) if name in SHARES and 0 <= value <= 1 else figure(value)
