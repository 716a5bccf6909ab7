"""Families: what can be trained and what the results can do."""

from flask import Blueprint, Response, jsonify

from shared import catalogue
from web.context import services
from web.present import things

blueprint = Blueprint("api_families", __name__, url_prefix="/v1/families")


@blueprint.get("")
def index() -> Response:
    """Every family that a worker has announced."""
    rows = catalogue.list_families(services().db)
    return jsonify({"results": [things.family(row) for row in rows]})


@blueprint.get("/<name>")
def get(name: str) -> Response:
    """One family with the schemas of its operations."""
    return jsonify(things.family(catalogue.get_family(services().db, name)))
