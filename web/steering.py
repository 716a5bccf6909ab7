"""What people ask of a job after it was queued; the pages and the API both come here.

Each function tells who watches the job, and rings the lane where a worker may have something to take.
"""

from shared import jobs
from shared.errors import IdempotencyMismatch
from shared.jobs import Job
from web import uploads
from web.context import OWNER, services


def cancel(job_id: str) -> Job:
    """Cancel a job, and drop what only it needed. Raises NotFound, Conflict."""
    parts = services()
    job, left = jobs.cancel(parts.db, job_id, OWNER)
    uploads.discard(left.unneeded)
    if left.promoted is not None:
        parts.bell.ring(left.promoted)
    parts.bell.nudge(job_id)
    return job


def stop(job_id: str) -> Job:
    """End a running training and keep its best. Raises NotFound, Conflict."""
    job = jobs.stop(services().db, job_id, OWNER)
    services().bell.nudge(job_id)
    return job


def pause(job_id: str) -> Job:
    """Hold a job back until it is resumed. Raises NotFound, Conflict."""
    job = jobs.pause(services().db, job_id, OWNER)
    services().bell.nudge(job_id)
    # An equal request that followed it may have taken its place.
    services().bell.ring(job.lane)
    return job


def resume(job_id: str) -> Job:
    """Put a paused job back in line. Raises NotFound, Conflict."""
    return _in_line(jobs.resume(services().db, job_id, OWNER))


def set_priority(job_id: str, priority: int) -> Job:
    """Move a job within its lane. Raises InvalidInput, NotFound, Conflict."""
    return _in_line(jobs.set_priority(services().db, job_id, OWNER, priority))


def retry(job_id: str, key: str | None = None) -> Job:
    """Queue a failed or canceled job's request again, as a new job.

    Raises:
        NotFound, Conflict, QuotaExceeded, IdempotencyMismatch: nothing was queued.
    """
    parts = services()
    submitted = jobs.retry(parts.db, job_id, OWNER, idempotency_key=key, max_queued=parts.settings.max_queued)
    job = submitted.job
    if job.retried_from != job_id:
        # The same input under the same key, but it was the first request or the retry of another job.
        raise IdempotencyMismatch("this idempotency key was used for another request; use a fresh one")
    return _in_line(job) if submitted.created else job


def _in_line(job: Job) -> Job:
    parts = services()
    parts.bell.nudge(job.id)
    if not job.finished:
        parts.bell.ring(job.lane)
    return job
