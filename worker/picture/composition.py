"""How a picture is laid out: where the eye goes, what balances what, where it is sharp and where it rests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from worker.picture.colour import Array, difference
from worker.picture.filters import gradients, resized
from worker.picture.lines import Lines, lines_of
from worker.picture.parts import scalars
from worker.picture.saliency import MAP, Saliency, saliency_of
from worker.picture.view import View

#: A change of this much L* from one pixel to the next (longer side 256) is an edge.
_EDGE = 6.0
#: Where L* varies less than this within a block of 8 pixels, nothing happens.
_QUIET = 2.0
_BLOCK = 8
#: The most salient tenth of a picture is taken as its subject.
_SUBJECT = 0.1
_POWER_POINTS = tuple((x, y) for x in (1 / 3, 2 / 3) for y in (1 / 3, 2 / 3))
_PAIRS = {"balance": ("x", "y"), "centre": ("x", "y"), "focus": ("x", "y"), "symmetry": ("lr", "tb")}


@dataclass(frozen=True, slots=True)
class Composition:
    """Shares 0 to 1; places x, y 0 to 1 from the upper left; balance -1 (left, top) to 1; lightness in L*.

    - ``thirds``: 1 when all that stands out lies at the crossings of the thirds.
    - ``focus_distance``: from the focus to the nearest crossing; ``focus_off_centre``, ``centre_distance``:
      from the focus and from the centre of saliency to the middle; all in widths and heights.
    - ``concentration``: the share of saliency in the most salient tenth, the subject; the ``subject_``
      figures are the subject's minus the rest's.
    - ``ground_lightness``: the lower third's minus the upper's; ``corner_lightness``: the corners' minus all.
    - ``depth_of_focus``: Gini's coefficient of sharpness over blocks.
    """

    thirds: float
    focus_x: float
    focus_y: float
    focus_distance: float
    focus_off_centre: float
    centre_x: float
    centre_y: float
    centre_distance: float
    rival: float
    concentration: float
    border_pull: float
    symmetry_lr: float
    symmetry_tb: float
    balance_x: float
    balance_y: float
    edge_density: float
    depth_of_focus: float
    negative_space: float
    upper_third_lightness: float
    middle_third_lightness: float
    lower_third_lightness: float
    ground_lightness: float
    corner_lightness: float
    subject_lightness: float
    subject_chroma: float
    subject_sharpness: float
    plain_border: float
    horizontals: float
    verticals: float
    diagonals: float
    tilt: float
    tilt_share: float
    aspect: float

    def figures(self) -> dict[str, float]:
        """The scalars."""
        return scalars(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; pairs (balance, centre, focus, symmetry) as lists."""
        left = scalars(self)
        pairs = {name: [left.pop(f"{name}_{end}") for end in ends] for name, ends in _PAIRS.items()}
        return {**left, **pairs}


def composition_of(view: View) -> Composition:
    """The composition of a picture."""
    light = view.light
    salient = saliency_of(view.lab)
    right, down = gradients(light)
    steep = np.hypot(right, down)
    subject = _subject(view, salient, steep)
    balance = _balance(view)
    lines = lines_of(light)
    focus_x, focus_y = salient.focus
    nearest = min(float(np.hypot(focus_x - x, focus_y - y)) for x, y in _POWER_POINTS)
    thirds = [float(part.mean()) for part in np.array_split(light, 3)]
    width, height = view.size
    return Composition(
        thirds=_thirds(salient),
        focus_x=focus_x,
        focus_y=focus_y,
        focus_distance=nearest,
        focus_off_centre=float(np.hypot(focus_x - 0.5, focus_y - 0.5)),
        centre_x=salient.centre[0],
        centre_y=salient.centre[1],
        centre_distance=float(np.hypot(salient.centre[0] - 0.5, salient.centre[1] - 0.5)),
        rival=salient.rival,
        concentration=float(np.sort(salient.map.ravel())[-int(_SUBJECT * MAP * MAP) :].sum()),
        border_pull=_border_pull(steep),
        symmetry_lr=_likeness(light, light[:, ::-1]),
        symmetry_tb=_likeness(light, light[::-1]),
        balance_x=balance[0],
        balance_y=balance[1],
        edge_density=float((steep > _EDGE).mean()),
        depth_of_focus=_gini(_by_block(steep).ravel()),
        negative_space=_quiet(light),
        upper_third_lightness=thirds[0],
        middle_third_lightness=thirds[1],
        lower_third_lightness=thirds[2],
        ground_lightness=thirds[2] - thirds[0],
        corner_lightness=_corners(light),
        subject_lightness=subject[0],
        subject_chroma=subject[1],
        subject_sharpness=subject[2],
        plain_border=_plain_border(view.lab),
        **_line_figures(lines),
        aspect=width / height,
    )


def _line_figures(lines: Lines) -> dict[str, float]:
    return {
        "horizontals": lines.horizontals,
        "verticals": lines.verticals,
        "diagonals": lines.diagonals,
        "tilt": lines.tilt,
        "tilt_share": lines.tilt_share,
    }


def _thirds(salient: Saliency) -> float:
    steps = (np.arange(MAP) + 0.5) / MAP
    near = np.zeros((MAP, MAP))
    for x, y in _POWER_POINTS:
        squared = (steps[None, :] - x) ** 2 + (steps[:, None] - y) ** 2
        near = np.maximum(near, np.exp(-squared / (2 * 0.1**2)))
    return float((salient.map * near).sum())


def _border_pull(steep: Array) -> float:
    """How strong edges are in the outer sixteenth, along all four sides, compared with the whole picture."""
    total = float(steep.mean())
    if total < 1e-3:
        return 0.0
    inside = np.zeros(steep.shape, np.bool_)
    down, across = (max(1, side // 16) for side in steep.shape)
    inside[down:-down, across:-across] = True
    return float(steep[~inside].mean()) / total


def _likeness(one: Array, other: Array) -> float:
    """How alike two pictures of the same shape are, 0 to 1: the correlation of their lightness, coarsely."""
    first, second = (resized(part, 32, 32).ravel() for part in (one, other))
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return 1.0 if size < 1.0 else max(0.0, min(1.0, float((first * second).sum()) / size))


def _balance(view: View) -> tuple[float, float]:
    """The centre of visual weight: what differs from the picture's middle colour weighs (Arnheim, 1954)."""
    middle = np.median(view.lab.reshape(-1, 3), 0)
    weight = np.sqrt(((view.lab - middle) ** 2).sum(-1))
    total = float(weight.sum())
    if total < 1.0:
        return 0.0, 0.0
    height, width = weight.shape
    x, y = (np.arange(width) + 0.5) / width * 2 - 1, (np.arange(height) + 0.5) / height * 2 - 1
    return float((weight.sum(0) * x).sum() / total), float((weight.sum(1) * y).sum() / total)


def _by_block(values: Array) -> Array:
    height, width = values.shape
    return resized(values, max(1, height // _BLOCK), max(1, width // _BLOCK))


def _gini(values: Array) -> float:
    """How unevenly values (not negative) are spread: 0 all alike, towards 1 all in one."""
    total = float(values.sum())
    if total < 1e-6:
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float(((2 * ranks - len(values) - 1) * np.sort(values)).sum() / (len(values) * total))


def _quiet(light: Array) -> float:
    """The share of blocks in which lightness hardly varies."""
    variance = _by_block(light**2) - _by_block(light) ** 2
    return float((np.sqrt(np.maximum(variance, 0.0)) < _QUIET).mean())


def _corners(light: Array) -> float:
    """The mean lightness of the four corners (an eighth of each side) minus the picture's."""
    height, width = (max(1, side // 8) for side in light.shape)
    corners = [
        light[:height, :width],
        light[:height, -width:],
        light[-height:, :width],
        light[-height:, -width:],
    ]
    return float(np.mean([part.mean() for part in corners]) - light.mean())


def _subject(view: View, salient: Saliency, steep: Array) -> tuple[float, float, float]:
    """What the most salient tenth has more than the rest: L*, C*, and the logarithm (base 2) of sharpness."""
    bound = np.partition(salient.map.ravel(), -int(_SUBJECT * MAP * MAP))[-int(_SUBJECT * MAP * MAP)]
    inside = salient.map >= bound
    if inside.all():
        return 0.0, 0.0, 0.0
    light, chroma, sharp = (resized(part, MAP, MAP) for part in (view.light, view.chroma, steep))
    more = [float(part[inside].mean() - part[~inside].mean()) for part in (light, chroma)]
    sharpness = float(np.log2((sharp[inside].mean() + 0.1) / (sharp[~inside].mean() + 0.1)))
    return more[0], more[1], sharpness


def _plain_border(lab: Array) -> float:
    """The share of the border (2 pixels wide) that hardly differs from its own middle colour."""
    edge = np.concatenate(
        [
            lab[:2].reshape(-1, 3),
            lab[-2:].reshape(-1, 3),
            *(lab[2:-2, part].reshape(-1, 3) for part in (slice(0, 2), slice(-2, None))),
        ]
    )
    return float((difference(edge, np.median(edge, 0)) < 4.0).mean())
