"""Versions: trained networks, immutable, named by the hash of their weights."""

from flask import Blueprint, Response, jsonify

from shared import library
from web.context import services
from web.present import library as present
from web.references import find_version

blueprint = Blueprint("api_versions", __name__, url_prefix="/v1/models/<owner>/<name>/versions")


@blueprint.get("")
def index(owner: str, name: str) -> Response:
    """A model's versions, the newest first."""
    model = library.get_model(services().db, owner, name)
    rows = library.list_versions(services().db, model.id)
    return jsonify({"previous": None, "next": None, "results": [present.version(row) for row in rows]})


@blueprint.get("/<version_id>")
def get(owner: str, name: str, version_id: str) -> Response:
    """One version with the schema of its input and output."""
    version, _ = find_version(f"{owner}/{name}:{version_id}")
    return jsonify(present.version(version))
