"""Trainings: a data set becomes a version of a model."""

from typing import Any

from flask import Blueprint, Response, jsonify

from shared.errors import InvalidInput
from shared.library import Version
from web import steering, strict_json
from web.api import common
from web.api.steering import offer
from web.context import OWNER
from web.learners import makers_for, named_dataset
from web.present import job as present
from web.references import find_version
from web.submission import train

blueprint = Blueprint("trainings", __name__, url_prefix="/v1")
KEYS = frozenset({"family", "destination", "title", "version", "priority"})


@blueprint.post("/trainings")
def create() -> tuple[Response, int]:
    """Queue a training, from scratch or from a version."""
    body = strict_json.body()
    given = common.given_input(body, KEYS)
    base = None if body.get("version") is None else find_version(body["version"])[0]
    family = common.text(body, "family") or (base.family if base is not None else _fitting(given))
    return _queue(family, given, body, base)


@blueprint.post("/models/<owner>/<name>/versions/<version_id>/trainings")
def create_from_version(owner: str, name: str, version_id: str) -> tuple[Response, int]:
    """Queue a training that goes on from a version, addressed as Replicate's clients do."""
    body = strict_json.body()
    given = common.given_input(body, KEYS - {"family", "version"})
    base, _ = find_version(f"{owner}/{name}:{version_id}")
    return _queue(base.family, given, body, base)


@blueprint.get("/trainings")
def index() -> Response:
    """A page of trainings, the newest first."""
    return common.page("training")


@blueprint.get("/trainings/<job_id>")
def get(job_id: str) -> Response:
    """One training."""
    return common.show(job_id, "training")


@blueprint.post("/trainings/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Cancel a training; nothing of it is kept."""
    return common.cancel(job_id, "training")


@blueprint.post("/trainings/<job_id>/stop")
def stop(job_id: str) -> Response:
    """End a training now and keep its best snapshot."""
    common.find(job_id, "training")
    return jsonify(present.one(steering.stop(job_id)))


offer(blueprint, "/trainings", "training")


def _fitting(given: dict[str, Any]) -> str:
    """The one family that learns to make such works. Raises InvalidInput when there is none, or several."""
    dataset = named_dataset(given)
    able = [] if dataset is None else makers_for(dataset)
    if len(able) != 1:
        raise InvalidInput("name the family to train; GET /v1/families lists them", field="family")
    return able[0].name


def _queue(
    family: str, given: dict[str, Any], body: dict[str, Any], base: Version | None
) -> tuple[Response, int]:
    submitted = train(
        family,
        given,
        destination=_destination(common.text(body, "destination")),
        title=common.text(body, "title"),
        base=base,
        key=common.idempotency_key(),
        priority=common.priority(body),
    )
    return common.answer(submitted)


def _destination(value: str | None) -> str:
    if not value:
        raise InvalidInput(f"name the destination: {OWNER}/<name>", field="destination")
    return value
