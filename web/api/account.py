"""The account behind the requests: one studio."""

from flask import Blueprint, Response, jsonify

from web.context import OWNER

blueprint = Blueprint("account", __name__)


@blueprint.get("/v1/account")
def get() -> Response:
    """Who this server thinks you are."""
    return jsonify({"type": "organization", "username": OWNER, "name": "Atelier", "github_url": None})
