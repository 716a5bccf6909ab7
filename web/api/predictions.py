"""Predictions: operations on a version."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from shared.errors import InvalidInput
from shared.library import Version
from web import data_uris, streams, strict_json
from web.api import common
from web.api.steering import offer
from web.references import find_version
from web.submission import family_of, predict

blueprint = Blueprint("predictions", __name__, url_prefix="/v1")
KEYS = frozenset({"version", "operation", "priority"})
#: What a recipe says besides them: it is taken as it stands in a file.
RECIPE = frozenset({"atelier", "family", "family_version"})
RECIPE_FORMAT = 1
DEFAULT_OPERATION = "generate"


@blueprint.post("/predictions")
def create() -> tuple[Response, int]:
    """Queue a prediction; the recipe in a work's file is one."""
    body = strict_json.body(files=data_uris.MOST_ENCODED)
    given = common.given_input(body, KEYS | RECIPE)
    version, model = find_version(body.get("version"))
    _check_recipe(body, version)
    operation = _operation(body.get("operation", DEFAULT_OPERATION))
    key, priority = common.idempotency_key(), common.priority(body)
    return common.answer(predict(version, model, operation, given, key=key, priority=priority))


@blueprint.post("/models/<owner>/<name>/predictions")
def create_on_model(owner: str, name: str) -> tuple[Response, int]:
    """Queue a prediction on a model's newest version."""
    body = strict_json.body(files=data_uris.MOST_ENCODED)
    given = common.given_input(body, KEYS - {"version"})
    version, model = find_version(f"{owner}/{name}")
    operation = _operation(body.get("operation", DEFAULT_OPERATION))
    key, priority = common.idempotency_key(), common.priority(body)
    return common.answer(predict(version, model, operation, given, key=key, priority=priority))


@blueprint.get("/predictions")
def index() -> Response:
    """A page of predictions, the newest first."""
    return common.page("prediction")


@blueprint.get("/predictions/<job_id>")
def get(job_id: str) -> Response:
    """One prediction."""
    return common.show(job_id, "prediction")


@blueprint.post("/predictions/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel a prediction."""
    return common.cancel(job_id, "prediction")


@blueprint.get("/predictions/<job_id>/stream")
def stream(job_id: str) -> Response:
    """What the prediction does and makes, as it happens."""
    common.find(job_id, "prediction")
    return streams.respond(streams.replicate(job_id))


offer(blueprint, "/predictions", "prediction")


def _check_recipe(body: Mapping[str, Any], version: Version) -> None:
    """Refuse a recipe that would give something else here than where it was written."""
    if not RECIPE & set(body):
        return
    family = family_of(version)
    here = {"atelier": RECIPE_FORMAT, "family": family.name, "family_version": family.version}
    for name, ours in here.items():
        if body.get(name, ours) != ours:
            raise InvalidInput(
                f"the recipe is for {name} {str(body[name])[:40]!r}, here it is {ours!r}; leave {name} "
                "out to try it all the same",
                field=name,
                code="other_recipe",
            )


def _operation(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput("operation must be a text", field="operation")
    return value
