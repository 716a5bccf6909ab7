"""Holding a request until its job ends: ``Prefer: wait``."""

import re
from time import monotonic

from flask import request

from shared import jobs
from shared.errors import InvalidInput
from shared.jobs import Job
from web.context import OWNER, services

LONGEST_SECONDS = 60.0
#: How often SQL is read when no nudge comes.
LOOK_SECONDS = 0.25
_WAIT = re.compile(r"(?:^|[,;\s])wait(?:\s*=\s*\"?(\d{1,4})\"?)?(?=$|[,;\s])")


def wanted() -> float:
    """How many seconds this request wants to be held (0 for not at all). Raises InvalidInput."""
    prefer = request.headers.get("Prefer", "")
    found = _WAIT.search(prefer)
    if found is None:
        return 0.0
    seconds = LONGEST_SECONDS if found.group(1) is None else float(found.group(1))
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise InvalidInput(f"Prefer: wait takes 1 to {LONGEST_SECONDS:.0f} seconds", field="Prefer")
    return seconds


def until_done(job: Job, seconds: float) -> Job:
    """``job`` as it is when it ends, or after ``seconds``."""
    if job.finished or seconds <= 0:
        return job
    parts = services()
    end = monotonic() + seconds
    with parts.hub.watch(job.id) as watch:
        while watch is not None:
            job = jobs.get(parts.db, job.id, OWNER)
            left = end - monotonic()
            if job.finished or left <= 0:
                break
            watch.wait(min(left, LOOK_SECONDS))
    return job
