"""Why a job waits, as JSON and in plain words."""

from collections.abc import Mapping
from typing import Any

from shared.forecast import Ahead, Explanation
from shared.jobs import Job
from web.present.job import status

#: The words that go with ``blocked_reason``.
BLOCKED: Mapping[str, str] = {
    "paused": "The job is paused; resume it to put it back in line.",
    "follows": "An equal request is in line or running already; this one shares its result.",
    "delayed": "Something the job needs was away; it is tried again in a moment.",
    "limit": "As many of your jobs run as your limit allows; it is taken when one of them has ended.",
    "no_worker": "No worker is there that could run it. Start one: atelier worker",
}


def document(job: Job, told: Explanation) -> dict[str, Any]:
    """The answer of ``/explain``. ETAs are seconds until the job has ended."""
    return {
        "id": job.id,
        "status": status(job),
        "position": told.place,
        "total_ahead": told.total_ahead,
        "ahead": [_ahead(one) for one in told.ahead],
        "eta_p50": told.eta_p50,
        "eta_p90": told.eta_p90,
        "blocked_reason": told.blocked_reason,
        "blocked_message": BLOCKED.get(told.blocked_reason or ""),
        "follows": job.follows,
        "workers": told.workers,
    }


def _ahead(one: Ahead) -> dict[str, Any]:
    return {
        "id": one.job_id,
        "owner": one.owner_id,
        "operation": one.operation,
        "priority": one.priority,
        "why": one.why,
    }
