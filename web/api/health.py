"""Health: alive, and able to serve."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import select

from web.context import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def ready() -> Response:
    """The database answers too. Raises Unavailable when it does not."""
    with services().db.read() as connection:
        connection.execute(select(1)).scalar_one()
    return jsonify({"status": "ready"})
