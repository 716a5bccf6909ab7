"""The account behind the requests: one studio, its share of the devices and its limit."""

from flask import Blueprint, Response, jsonify

from shared.errors import InvalidInput
from shared.owners import get_owner, set_max_running, set_weight
from web import strict_json
from web.context import OWNER, services

blueprint = Blueprint("account", __name__)

SETTABLE = ("weight", "max_running")


@blueprint.get("/v1/account")
def get() -> Response:
    """Who this server thinks you are, and what you have waiting and running."""
    owner = get_owner(services().db, OWNER)
    return jsonify(
        {
            "type": "organization",
            "username": owner.id,
            "name": owner.title,
            "github_url": None,
            "weight": owner.weight,
            "max_running": owner.max_running,
            "queued": owner.queued,
            "running": owner.running,
        }
    )


@blueprint.patch("/v1/account")
def change() -> Response:
    """Change ``weight`` (0.01 to 100) or ``max_running`` (1 and more, or null)."""
    body = strict_json.body()
    unknown = sorted(set(body) - set(SETTABLE))
    if unknown:
        raise InvalidInput(f"unknown key {unknown[0]!r}", field=unknown[0], code="unknown_field")
    if "weight" in body:
        weight = body["weight"]
        if not isinstance(weight, int | float) or isinstance(weight, bool):
            raise InvalidInput("a weight is a number", field="weight")
        set_weight(services().db, OWNER, float(weight))
    if "max_running" in body:
        limit = body["max_running"]
        if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
            raise InvalidInput("max_running is a whole number or null", field="max_running")
        set_max_running(services().db, OWNER, limit)
    return get()
