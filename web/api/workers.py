"""Workers: who is there, on which device, doing what."""

from flask import Blueprint, Response, jsonify

from shared import workers
from web.context import services
from web.present import things

blueprint = Blueprint("api_workers", __name__, url_prefix="/v1/workers")


@blueprint.get("")
def index() -> Response:
    """The workers that are there, the oldest first."""
    return jsonify({"results": [things.worker(row) for row in workers.list_workers(services().db)]})


@blueprint.post("/<path:worker_id>/drain")
def drain(worker_id: str) -> tuple[Response, int]:
    """Ask a worker to hand back what it does and leave."""
    workers.request_drain(services().db, worker_id)
    return jsonify({"id": worker_id, "drain_requested": True}), 202
