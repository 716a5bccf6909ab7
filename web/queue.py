"""Where a waiting job stands and when it may be its turn; how long a running one still needs."""

from dataclasses import dataclass
from statistics import median

from shared import jobs, views
from shared.jobs import Job
from shared.lifecycle import State
from shared.workers import list_workers
from web.context import services


@dataclass(frozen=True, slots=True)
class Queue:
    """``place`` counts from 1 and is None when the job does not wait; ``seconds`` is the estimate or None.

    ``deserted`` tells that no worker serves the job's lane and family.
    """

    place: int | None
    seconds: float | None
    deserted: bool = False


def queue_of(job: Job) -> Queue:
    """The job's place, or how long it still runs by its own account."""
    if job.state is State.PROCESSING:
        left = job.progress_detail.get("eta_seconds")
        return Queue(None, float(left) if isinstance(left, int | float) else None)
    ahead = jobs.position(services().db, job)
    if ahead is None:
        return Queue(None, None)
    serving = [
        worker
        for worker in list_workers(services().db)
        if job.lane in worker.lanes and job.family in worker.families
    ]
    took = views.recent_durations(services().db, family=job.family, operation=job.operation, limit=20)
    # A training in front of this one may take hours of which nothing is known here: no guess then.
    known = took and serving and job.lane != "training"
    seconds = (ahead + 1) * median(took) / len(serving) if known else None
    return Queue(ahead + 1, seconds, not serving)
