"""Jobs of every kind: list, get, cancel, and the stream of their changes."""

from flask import Blueprint, Response, jsonify, request

from shared import jobs
from shared.errors import InvalidInput
from shared.jobs import list_attempts
from shared.lifecycle import State
from web import streams
from web.api import common
from web.api.steering import offer
from web.context import services
from web.present import job as present
from web.words import iso

blueprint = Blueprint("api_jobs", __name__, url_prefix="/v1/jobs")


@blueprint.get("")
def index() -> Response:
    """A page of jobs, the newest first; ``state`` and ``kind`` narrow it."""
    kind = request.args.get("kind")
    if kind is not None and kind not in common.LANES:
        raise InvalidInput(f"kind is one of {', '.join(common.LANES)}", field="kind")
    return common.page(kind, _states())


@blueprint.get("/<job_id>")
def get(job_id: str) -> Response:
    """One job with its timeline and its attempts."""
    job = common.find(job_id)
    document = present.one(job)
    document["timeline"] = [
        {"seq": entry.seq, "at": iso(entry.at), "kind": entry.kind, "data": entry.data}
        for entry in jobs.read_timeline(services().db, job_id)
    ]
    document["attempts"] = [
        {
            "number": attempt.number,
            "worker": attempt.worker_id,
            "started_at": iso(attempt.started_at),
            "ended_at": iso(attempt.ended_at),
            "outcome": attempt.outcome,
            "reason": attempt.reason,
        }
        for attempt in list_attempts(services().db, job_id)
    ]
    return jsonify(document)


@blueprint.get("/<job_id>/metrics")
def metrics(job_id: str) -> Response:
    """The stored figures of a training, in order of steps."""
    common.find(job_id)
    rows = jobs.read_metrics(services().db, job_id)
    return jsonify({"results": [{"step": step, "metrics": values} for step, values in rows]})


@blueprint.post("/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel a job of any kind."""
    return common.cancel(job_id)


offer(blueprint, "")


@blueprint.get("/<job_id>/events")
def events(job_id: str) -> Response:
    """A stream that tells when the job changed."""
    common.find(job_id)
    return streams.respond(streams.changes(job_id))


def _states() -> list[State]:
    value = request.args.get("state")
    if value is None:
        return []
    try:
        return [State(value)]
    except ValueError:
        raise InvalidInput(f"state is one of {', '.join(State)}", field="state") from None
