"""What the job page shows of a training: the film, the chart, and whether it is healthy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared import jobs, views
from shared.files import Artifact, job_artifacts
from shared.jobs import Attempt, Job, TimelineEvent
from web import words
from web.charts import Chart, Metrics, chart, series
from web.context import services
from web.pages import story
from web.texts import _
from web.words import ago, figure

#: Below these the page warns; the family's own notes say more.
LEAST_SPREAD, LEAST_NEAREST = 0.5, 0.5
#: Frames of the film: more would be more than one can drag through.
MOST_FRAMES = 120
_LOSSES = (("g_loss", "G", "a"), ("d_loss", "D", "b"))
_SCORES = ("kid_lite1", "kid_lite", "kid")


@dataclass(frozen=True, slots=True)
class Frame:
    """One snapshot of the film."""

    id: str
    label: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Training:
    """All of it."""

    frames: list[Frame]
    losses: Chart | None
    scores: Chart | None
    score: str
    health: list[tuple[str, str]]
    nearest: str


def of(job: Job, events: Sequence[TimelineEvent], tries: Sequence[Attempt]) -> Training:
    """The view of one training."""
    metrics = jobs.read_metrics(services().db, job.id)
    previews = job_artifacts(services().db, job.id, ("preview", "grid"))
    name = next((name for name in _SCORES if any(name in figures for _, figures in metrics)), _SCORES[0])
    floor = last(metrics, f"{name}_floor")
    return Training(
        frames=frames(previews),
        losses=chart([series(metrics, *which) for which in _LOSSES], step_label=_stepper(metrics)),
        scores=chart(
            [series(metrics, name, "KID-lite", "k")], floor=floor, zero=True, step_label=_stepper(metrics)
        ),
        score=score_words(last(metrics, name), floor),
        health=health(job, metrics, name, events, tries),
        nearest=_newest_report(job),
    )


def frames(previews: Sequence[Artifact]) -> list[Frame]:
    """The film in order; thinned to what one can drag through."""
    ordered = sorted(previews, key=lambda file: (float(file.meta.get("step", 0)), file.id))
    if len(ordered) > MOST_FRAMES:
        stride = (len(ordered) - 1) / (MOST_FRAMES - 1)
        ordered = [ordered[round(index * stride)] for index in range(MOST_FRAMES)]
    return [Frame(file.id, _label(file.meta), file.width or 512, file.height or 256) for file in ordered]


def health(
    job: Job, metrics: Metrics, score: str, events: Sequence[TimelineEvent], tries: Sequence[Attempt]
) -> list[tuple[str, str]]:
    """Each thing one would ask of a training, with its answer."""
    rows = []
    spread, nearest = last(metrics, "spread_share"), last(metrics, "nearest_share")
    if spread is not None:
        rows.append((_("Diversity"), _diversity(spread)))
    if nearest is not None:
        rows.append((_("Memorized"), _memory(nearest)))
    best = _best(metrics, score)
    if best is not None:
        rows.append((_("Best snapshot"), best))
    sign = last(metrics, "d_sign")
    if sign is not None:
        rows.append(
            (_("D on real works"), _("%(sign)s (near 1: it knows them by heart)", sign=f"{sign:.2f}"))
        )
    speed = job.progress_detail.get("images_per_second")
    if isinstance(speed, int | float) and not job.finished:
        rows.append((_("Speed"), _("%(n)s pictures a second", n=figure(float(speed)))))
    if tries:
        rows.append((_("Attempts"), story.attempts(tries, events)))
    saved = views.checkpoint_time(services().db, job.id)
    if saved is not None and not job.finished:
        rows.append((_("Saved"), ago(saved)))
    return rows


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


def _newest_report(job: Job) -> str:
    """The file that shows samples over the training works they come closest to; empty while there is none."""
    reports = job_artifacts(services().db, job.id, ("report",))
    return reports[-1].id if reports else ""


def _diversity(spread: float) -> str:
    share = words.share(spread)
    if spread < LEAST_SPREAD:
        return _("%(share)s of the spread of real works: few kinds of picture (mode collapse)", share=share)
    return _("%(share)s of the spread of real works, no collapse", share=share)


def _memory(nearest: float) -> str:
    shown = f"{nearest:.2f}"
    if nearest < LEAST_NEAREST:
        return _("close to training works (%(x)s; unseen works 1.00): it may be copying", x=shown)
    return _("no: as far from training works as unseen ones are (%(x)s; unseen works 1.00)", x=shown)


def _best(metrics: Metrics, score: str) -> str | None:
    scored = [(figures[score], step, figures) for step, figures in metrics if score in figures]
    if not scored:
        return None
    value, step, figures = min(scored, key=lambda one: one[0])
    return _("%(where)s, KID-lite %(score)s", where=_position(step, figures), score=figure(float(value)))


def _position(step: float, figures: Mapping[str, Any]) -> str:
    kimg = figures.get("kimg")
    if isinstance(kimg, int | float):
        return f"{kimg:.4g} kimg"
    return _("step %(step)s", step=int(step))


def _stepper(metrics: Metrics) -> Any:
    known = {float(step): figures for step, figures in metrics}
    return lambda step: _position(step, known.get(step, {}))


def _label(meta: Mapping[str, Any]) -> str:
    score = next((meta[name] for name in _SCORES if isinstance(meta.get(name), int | float)), None)
    where = _position(float(meta.get("step", 0)), meta)
    return f"{where} · KID-lite {figure(float(score))}" if score is not None else where
