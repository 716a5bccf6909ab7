"""Ingests: the jobs that turn uploaded files into data sets."""

from flask import Blueprint, Response

from web.api import common

blueprint = Blueprint("ingests", __name__, url_prefix="/v1/ingests")


@blueprint.get("")
def index() -> Response:
    """A page of ingests, the newest first."""
    return common.page("ingest")


@blueprint.get("/<job_id>")
def get(job_id: str) -> Response:
    """One ingest."""
    return common.show(job_id, "ingest")


@blueprint.post("/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel an ingest; nothing of it is kept."""
    return common.cancel(job_id, "ingest")
