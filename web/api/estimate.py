"""Estimates: how long a training would take on the device that is there."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from shared.catalogue import check_input, get_family
from shared.errors import InvalidInput
from web import estimates, strict_json
from web.api import common
from web.context import services
from web.submission import training_operation

blueprint = Blueprint("estimate", __name__)


@blueprint.post("/v1/estimate")
def create() -> Response:
    """The estimate for ``{family, input}``; nothing is queued."""
    body = strict_json.body()
    given = common.given_input(body, frozenset({"family", "destination", "title", "version"}))
    name = common.text(body, "family")
    if name is None:
        raise InvalidInput("name the family; GET /v1/families lists them", field="family")
    family = get_family(services().db, name)
    return jsonify(asdict(estimates.training(family, check_input(training_operation(family), given))))
