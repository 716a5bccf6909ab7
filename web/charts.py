"""Lines of a training as SVG, made on the server: the same without JavaScript, and nothing to load."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 520.0, 150.0
MOST_POINTS = 160
Metrics = Sequence[tuple[int, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure over the steps. ``tone`` is the CSS class, ``last`` the newest value."""

    label: str
    tone: str
    points: str
    last: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over one axis of steps; ``floor`` is the height of a line to compare with."""

    lines: tuple[Line, ...]
    floor: float | None
    first: str
    last: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Series:
    """Figures before they are drawn."""

    label: str
    tone: str
    values: list[tuple[float, float]]


def series(metrics: Metrics, name: str, label: str, tone: str) -> Series:
    """The figure called ``name`` over the steps; steps without it are left out."""
    values = [
        (float(step), float(figures[name]))
        for step, figures in metrics
        if isinstance(figures.get(name), int | float) and math.isfinite(figures[name])
    ]
    return Series(label, tone, values)


def chart(
    drawn: Iterable[Series],
    *,
    floor: float | None = None,
    zero: bool = False,
    step_label: Callable[[float], str] = str,
) -> Chart | None:
    """The series as lines of one chart; None when there are fewer than two points to join.

    With ``zero`` the axis begins at nought, as it should for a distance.
    """
    kept = [one for one in drawn if len(one.values) >= 2]
    if not kept:
        return None
    steps = [step for one in kept for step, _ in one.values]
    heights = [value for one in kept for _, value in one.values] + ([] if floor is None else [floor])
    low, high = min(heights), max(heights)
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    low, high = (min(low, 0.0) if zero else low - margin), high + margin
    start, end = min(steps), max(steps)

    def place(step: float, value: float) -> str:
        return f"{WIDTH * (step - start) / max(end - start, 1):.1f},{_y(value, low, high):.1f}"

    lines = tuple(
        Line(one.label, one.tone, " ".join(place(*point) for point in thin(one.values)), one.values[-1][1])
        for one in kept
    )
    level = None if floor is None else _y(floor, low, high)
    return Chart(lines, level, step_label(start), step_label(end), low, high)


def thin(values: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most ``most`` points: means of equal shares in between, the ends as they are."""
    if len(values) <= most:
        return list(values)
    inner = values[1:-1]
    size = len(inner) / (most - 2)
    found = [values[0]]
    for index in range(most - 2):
        share = inner[int(index * size) : max(int((index + 1) * size), int(index * size) + 1)]
        found.append((_mean([step for step, _ in share]), _mean([value for _, value in share])))
    return [*found, values[-1]]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT * (1 - (value - low) / (high - low))
