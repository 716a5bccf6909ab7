"""Where a waiting job stands and when it may be its turn; how long a running one still needs."""

from dataclasses import dataclass

from shared import forecast
from shared.jobs import Job
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
    told = forecast.explain(services().db, job)
    return Queue(told.place, told.eta_p50, told.blocked_reason == "no_worker")
