"""The figures of a training as charts, and the words for where its best snapshot was.

Which charts there are follows from what the training tells: a figure is known by its name, whoever tells it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.charts import Chart, Metrics, Series, chart, series
from web.texts import N_, _
from web.words import figure

#: What samples are scored by, the name that families use first; lower is better.
SCORES = ("kid_lite1", "kid_lite", "kid")
#: How surprising works are that the training never saw, and those that it learns from.
UNSEEN, SEEN = "nll_valid", "nll_train"
#: How wrong an analyser is about pictures that it does not learn from: its best snapshot has the least.
JUDGED = "valid_loss"
#: Charts: title, and each line's figure, label and tone.
_CHARTS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (N_("Losses"), (("g_loss", "G", "a"), ("d_loss", "D", "b"))),
    (
        N_("Nats per note ↓"),
        ((SEEN, N_("pieces it learns from"), "a"), (UNSEEN, N_("pieces it never saw"), "k")),
    ),
    (N_("Perplexity ↓"), (("perplexity", N_("among how many notes it wavers"), "b"),)),
    (
        N_("Loss ↓"),
        (
            ("loss", N_("on the pictures it learns from"), "a"),
            (JUDGED, N_("on pictures it never saw"), "k"),
        ),
    ),
)
#: Charts of analysers: title, and the ending of the figures, one for each question.
_HEADS: tuple[tuple[str, str], ...] = (
    (N_("Macro-F1 ↑, on pictures it never saw"), "_macro_f1"),
    (N_("Right ↑, on pictures it never saw"), "_accuracy"),
    (N_("Calibration error ↓"), "_ece"),
)
_TONES = ("k", "a", "b")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its title; ``said`` stands under it in place of a legend."""

    title: str
    chart: Chart | None
    said: str = ""


def charts(metrics: Metrics) -> list[Drawn]:
    """The charts that there are figures for, the score first."""
    name = score_name(metrics)
    floor = last(metrics, f"{name}_floor")
    said = score_words(last(metrics, name), floor)
    scores = _chart([series(metrics, name, "KID-lite", "k")], metrics, floor=floor, zero=True)
    found = [Drawn("KID-lite", scores, said)] if said else []
    for title, lines in _CHARTS:
        drawn = _chart([series(metrics, name, _(label), tone) for name, label, tone in lines], metrics)
        if drawn is not None:
            found.append(Drawn(_(title), drawn))
    return found + _heads(metrics)


def _heads(metrics: Metrics) -> list[Drawn]:
    """A chart for each measure of an analyser, with a line for each of its questions."""
    names = dict.fromkeys(name for _, figures in metrics for name in figures)
    found = []
    for title, ending in _HEADS:
        told = [name for name in names if name.endswith(ending)][: len(_TONES)]
        lines = zip(told, _TONES, strict=False)
        drawn = _chart(
            [
                series(metrics, name, name.removesuffix(ending).replace("_", " "), tone)
                for name, tone in lines
            ],
            metrics,
        )
        if drawn is not None:
            found.append(Drawn(_(title), drawn))
    return found


def score_name(metrics: Metrics) -> str:
    """The score that this training is told by."""
    return next((name for name in SCORES if any(name in figures for _, figures in metrics)), SCORES[0])


def last(metrics: Metrics, name: str) -> float | None:
    """The newest value of a figure."""
    for _step, figures in reversed(metrics):
        if isinstance(figures.get(name), int | float):
            return float(figures[name])
    return None


def score_words(score: float | None, floor: float | None) -> str:
    """KID beside what real works score against real ones."""
    if score is None:
        return ""
    if floor is None:
        return f"KID-lite {figure(score)}"
    return _("KID-lite %(score)s ↓ (real against real %(floor)s)", score=figure(score), floor=figure(floor))


def best(metrics: Metrics) -> str | None:
    """Where the best snapshot was, and how good it is; None while none was scored."""
    for name in (*SCORES, UNSEEN):
        scored = [(figures[name], step, figures) for step, figures in metrics if name in figures]
        if scored:
            value, step, figures = min(scored, key=lambda one: one[0])
            return f"{position(step, figures)}, {_measured(name, value)}"
    judged = [(score, step, figures) for step, figures in metrics if (score := _mean_f1(figures)) is not None]
    if judged:
        score, step, figures = min(judged, key=lambda one: _badness(one[0], one[2]))
        return _("%(where)s, macro-F1 %(score)s", where=position(step, figures), score=figure(score))
    return None


def _badness(score: float, figures: Mapping[str, Any]) -> float:
    """What a training chooses its best snapshot by: the loss on unseen pictures where it tells that."""
    loss = figures.get(JUDGED)
    return float(loss) if isinstance(loss, int | float) else -score


def _mean_f1(figures: Mapping[str, Any]) -> float | None:
    """The mean macro-F1 over the questions of an analyser."""
    found = [float(value) for name, value in figures.items() if name.endswith("_macro_f1")]
    return sum(found) / len(found) if found else None


def label(meta: Mapping[str, Any]) -> str:
    """Where a snapshot was made, and how good it is if that is told."""
    where = position(float(meta.get("step", 0)), meta)
    for name in (*SCORES, UNSEEN):
        if isinstance(meta.get(name), int | float):
            return f"{where} · {_measured(name, meta[name])}"
    return where


def position(step: float, figures: Mapping[str, Any]) -> str:
    """How far a training is: thousands of pictures where it counts them, else steps."""
    kimg = figures.get("kimg")
    if isinstance(kimg, int | float):
        return f"{kimg:.4g} kimg"
    return _("step %(step)s", step=int(step))


def _measured(name: str, value: float) -> str:
    shown = figure(float(value))
    return _("%(score)s nats a note", score=shown) if name == UNSEEN else f"KID-lite {shown}"


def _chart(drawn: Sequence[Series], metrics: Metrics, **more: Any) -> Chart | None:
    return chart(drawn, step_label=_stepper(metrics), **more)


def _stepper(metrics: Metrics) -> Callable[[float], str]:
    known = {float(step): figures for step, figures in metrics}
    return lambda step: position(step, known.get(step, {}))
