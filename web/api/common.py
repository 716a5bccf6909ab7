"""What predictions, trainings and ingests share: they are all jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify, request

from shared import jobs
from shared.errors import InvalidInput, NotFound
from shared.jobs import Job, Submitted
from shared.lifecycle import State
from web import paging, steering, waiting
from web.context import OWNER, services
from web.present import job as present

LANES: Mapping[str, tuple[str, ...]] = {
    "prediction": ("interactive",),
    "training": ("training",),
    "ingest": ("ingest",),
}
LONGEST_KEY = 255
NOT_YET = frozenset({"webhook", "webhook_completed", "webhook_events_filter"})


def find(job_id: str, kind: str | None = None) -> Job:
    """The job with that id, of that kind. Raises NotFound."""
    job = jobs.get(services().db, job_id, OWNER)
    if kind is not None and present.kind(job) != kind:
        raise NotFound(f"there is no {kind} {job_id}")
    return job


def show(job_id: str, kind: str | None = None) -> Response:
    """A job as the answer."""
    with services().db.read():
        return jsonify(present.one(find(job_id, kind)))


def page(kind: str | None = None, states: Sequence[State] = ()) -> Response:
    """A page of jobs as the answer."""
    size = paging.limit()
    lanes = () if kind is None else LANES[kind]
    rows = jobs.list_page(
        services().db, OWNER, before=paging.cursor(), limit=size + 1, lanes=lanes, states=states
    )
    shown, following = paging.split(rows, size, lambda job: job.id)
    return jsonify(paging.document(present.many(shown), following))


def cancel(job_id: str, kind: str | None = None) -> Response:
    """Cancel a job and answer with it."""
    find(job_id, kind)
    return jsonify(present.one(steering.cancel(job_id)))


def answer(submitted: Submitted) -> tuple[Response, int]:
    """A submitted job as the answer, held as long as the request prefers.

    201 when the job has ended within that time, else 202. A job that still works is shown as starting
    then: Replicate's own clients take any other status for the final one.
    """
    held = waiting.wanted()
    job = waiting.until_done(submitted.job, held)
    document = present.one(job)
    if held and not job.finished:
        document["status"] = "starting"
    return jsonify(document), 201 if job.finished else 202


def given_input(body: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The ``input`` object of a request whose other keys are ``known``.

    Raises:
        InvalidInput: there is an unknown key, or the input is no object.
    """
    unknown = sorted(set(body) - known - {"input", "stream"})
    if unknown:
        if unknown[0] in NOT_YET:
            raise InvalidInput("webhooks are not served; use Prefer: wait or the stream", field=unknown[0])
        raise InvalidInput(f"unknown key {unknown[0]!r}", field=unknown[0], code="unknown_field")
    value = body.get("input", {})
    if not isinstance(value, dict):
        raise InvalidInput("input must be an object", field="input")
    return value


def idempotency_key() -> str | None:
    """The key under which this request may be repeated. Raises InvalidInput."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise InvalidInput(f"an idempotency key has 1 to {LONGEST_KEY} characters", field="Idempotency-Key")
    return key


def priority(body: Mapping[str, Any]) -> int:
    """The optional ``priority`` of the request, 0 when it is left out. Raises InvalidInput."""
    value = body.get("priority", 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput("a priority is a whole number", field="priority")
    jobs.check_priority(value)
    return value


def text(body: Mapping[str, Any], name: str, *, most: int = 200) -> str | None:
    """An optional text of the request. Raises InvalidInput."""
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > most):
        raise InvalidInput(f"{name} must be a text of at most {most} characters", field=name)
    return value
