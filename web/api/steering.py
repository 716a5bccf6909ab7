"""What one asks of a job after it was queued: retry, pause, resume, another priority, why it waits.

Jobs, predictions and trainings have the same five addresses below their own.
"""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from shared import forecast
from shared.errors import InvalidInput
from web import steering, strict_json
from web.api import common
from web.context import services
from web.present import explanation
from web.present import job as present


def offer(blueprint: Blueprint, path: str, kind: str | None = None) -> None:
    """Add the five below ``path/<job_id>``, for jobs of ``kind`` or of any."""

    def retry(job_id: str) -> tuple[Response, int]:
        """Queue a failed or canceled job again, as a new job that names it."""
        common.find(job_id, kind)
        return jsonify(present.one(steering.retry(job_id, common.idempotency_key()))), 201

    def pause(job_id: str) -> Response:
        """Hold a job back; a running training leaves its worker with a checkpoint."""
        common.find(job_id, kind)
        return jsonify(present.one(steering.pause(job_id)))

    def resume(job_id: str) -> Response:
        """Put a paused job back in line."""
        common.find(job_id, kind)
        return jsonify(present.one(steering.resume(job_id)))

    def priority(job_id: str) -> Response:
        """Move a job within its lane: -100 to 100, higher goes first."""
        common.find(job_id, kind)
        return jsonify(present.one(steering.set_priority(job_id, _wanted_priority())))

    def explain(job_id: str) -> Response:
        """Why a job waits: its place, who is ahead and why, when it may be done, what holds it up."""
        job = common.find(job_id, kind)
        return jsonify(explanation.document(job, forecast.explain(services().db, job)))

    writing: tuple[Callable[[str], Response | tuple[Response, int]], ...] = (retry, pause, resume, priority)
    for view in writing:
        blueprint.add_url_rule(f"{path}/<job_id>/{view.__name__}", view_func=view, methods=["POST"])
    blueprint.add_url_rule(f"{path}/<job_id>/explain", view_func=explain)


def _wanted_priority() -> int:
    body = strict_json.body()
    unknown = sorted(set(body) - {"priority"})
    if unknown:
        raise InvalidInput(f"unknown key {unknown[0]!r}", field=unknown[0], code="unknown_field")
    if "priority" not in body:
        raise InvalidInput("say which priority: -100 to 100", field="priority", code="missing_field")
    return common.priority(body)
