"""The common end of every job that does not succeed."""

from __future__ import annotations

import logging

from shared.errors import AtelierError
from shared.jobs import Job
from worker.serving.faults import as_error
from worker.serving.holding import Holding
from worker.serving.place import Place
from worker.serving.recording import record_end

log = logging.getLogger(__name__)


def close(place: Place, holding: Holding, job: Job, error: BaseException) -> None:
    """Record how ``job`` ends and let its lease go. What cannot be recorded is left to the rescue."""
    try:
        record_end(place, job, as_error(error, job.id))
    except AtelierError as failure:
        log.error("the end of job %s could not be recorded: %s", job.id, failure)
    finally:
        holding.settled(job.id)
