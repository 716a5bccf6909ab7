"""What the job page shows of a training: the film or the pieces, the charts, and whether it is healthy."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared import jobs, views
from shared.files import Artifact, job_artifacts
from shared.jobs import Attempt, Job, TimelineEvent
from web import pieces, words
from web.charts import Metrics
from web.context import services
from web.pages import story
from web.pages.training_charts import SEEN, UNSEEN, Drawn, best, charts, label, last
from web.pieces import Piece
from web.texts import _
from web.words import ago, figure

#: Below these the page warns; the family's own notes say more.
LEAST_SPREAD, LEAST_NEAREST = 0.5, 0.5
#: Where unseen pieces surprise so many times as much as seen ones, it learns by heart.
MOST_GAP = 1.5
#: Frames of the film: more would be more than one can drag through.
MOST_FRAMES = 120
#: Pieces that can be listened to: the newest large, the ones before it small.
MOST_PIECES = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """One snapshot of the film."""

    id: str
    label: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece composed on the way, the same seed each time, and where that was."""

    piece: Piece
    label: str


@dataclass(frozen=True, slots=True)
class Training:
    """All of it; ``pieces`` has the newest first."""

    frames: list[Frame]
    pieces: list[Heard]
    charts: list[Drawn]
    health: list[tuple[str, str]]
    nearest: str


def of(job: Job, events: Sequence[TimelineEvent], tries: Sequence[Attempt]) -> Training:
    """The view of one training."""
    metrics = jobs.read_metrics(services().db, job.id)
    return Training(
        frames=frames(job_artifacts(services().db, job.id, ("preview", "grid"))),
        pieces=composed(job),
        charts=charts(metrics),
        health=health(job, metrics, events, tries),
        nearest=_newest_report(job),
    )


def frames(previews: Sequence[Artifact]) -> list[Frame]:
    """The film in order; thinned to what one can drag through."""
    ordered = sorted(previews, key=lambda file: (float(file.meta.get("step", 0)), file.id))
    if len(ordered) > MOST_FRAMES:
        stride = (len(ordered) - 1) / (MOST_FRAMES - 1)
        ordered = [ordered[round(index * stride)] for index in range(MOST_FRAMES)]
    return [Frame(file.id, label(file.meta), file.width or 512, file.height or 256) for file in ordered]


def composed(job: Job) -> list[Heard]:
    """The latest pieces that the training composed, the newest first."""
    files = job_artifacts(services().db, job.id, ("piece",))[-MOST_PIECES:]
    around = pieces.beside([job.id]) if files else {}
    found = []
    for file in reversed(files):
        where = label({"step": file.position} | file.meta)
        piece = pieces.of(file, where, around.get((job.id, file.position), {}))
        if piece is not None:
            found.append(Heard(piece, where))
    return found


def health(
    job: Job, metrics: Metrics, events: Sequence[TimelineEvent], tries: Sequence[Attempt]
) -> list[tuple[str, str]]:
    """Each thing one would ask of a training, with its answer."""
    rows = []
    spread, nearest = last(metrics, "spread_share"), last(metrics, "nearest_share")
    if spread is not None:
        rows.append((_("Diversity"), _diversity(spread)))
    if nearest is not None:
        rows.append((_("Memorized"), _memory(nearest)))
    snapshot = best(metrics)
    if snapshot is not None:
        rows.append((_("Best snapshot"), snapshot))
    unseen, seen = last(metrics, UNSEEN), last(metrics, SEEN)
    if unseen is not None and seen is not None:
        rounds = last(metrics, "epoch")
        # What it has not yet been through once it cannot know by heart: unseen pieces are only scored later.
        rows.append((_("On pieces it never saw"), _surprise(unseen, seen, rounds is None or rounds >= 1)))
    sign = last(metrics, "d_sign")
    if sign is not None:
        rows.append(
            (_("D on real works"), _("%(sign)s (near 1: it knows them by heart)", sign=f"{sign:.2f}"))
        )
    speed = None if job.finished else words.speed(job.progress_detail)
    if speed is not None:
        rows.append((_("Speed"), speed))
    if tries:
        rows.append((_("Attempts"), story.attempts(tries, events)))
    saved = views.checkpoint_time(services().db, job.id)
    if saved is not None and not job.finished:
        rows.append((_("Saved"), ago(saved)))
    return rows


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


def _surprise(unseen: float, seen: float, whole: bool) -> str:
    """How surprising unseen and seen pieces are; ``whole``: it has been through the data set."""
    shown = _(
        "%(unseen)s nats a note (%(seen)s on those it learns from)", unseen=figure(unseen), seen=figure(seen)
    )
    if whole and unseen > seen * MOST_GAP:
        return _("%(figures)s: it begins to learn by heart", figures=shown)
    return shown
