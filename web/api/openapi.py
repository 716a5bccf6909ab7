"""/openapi.json: this API, described from its own routes and the announced families."""

import re
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from werkzeug.routing import Rule

from shared.catalogue import list_families
from web.api import common
from web.api.schemas import COMPONENTS, TEXT, named
from web.context import services

blueprint = Blueprint("openapi", __name__)
PROBLEM = {"$ref": "#/components/responses/Problem"}
#: Bodies of writing requests: the schema, by endpoint.
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "predictions.create": ("application/json", named("NewPrediction")),
    "predictions.create_on_model": ("application/json", named("NewPrediction")),
    "trainings.create": ("application/json", named("NewTraining")),
    "trainings.create_from_version": ("application/json", named("NewTraining")),
    "estimate.create": ("application/json", named("NewTraining")),
    "account.change": ("application/json", named("AccountChange")),
    "api_models.create": ("application/json", {"type": "object"}),
    "datasets.create": ("multipart/form-data", named("NewDataset")),
    "uploads.create": ("multipart/form-data", named("NewFile")),
}
#: Resources whose things are jobs, and what their addresses below a job give that is no job.
JOBS = frozenset({"api_jobs", "predictions", "trainings", "ingests"})
OTHER_ANSWERS = frozenset({"index", "events", "metrics", "stream"})
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": TEXT | {"maxLength": common.LONGEST_KEY},
    "description": "A repeat under the same key gives the same job.",
}


@blueprint.get("/openapi.json")
def get() -> Response:
    """This document."""
    return jsonify(describe(list(current_app.url_map.iter_rules())))


def describe(rules: list[Rule]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of ``rules`` that belong to the API."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in rules:
        if rule.rule.startswith(("/v1/", "/healthz", "/readyz", "/openapi.json", "/artifacts/")):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PATCH", "DELETE"}):
                paths.setdefault(path, {})[method.lower()] = _operation(rule, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Atelier",
            "version": "1",
            "description": "Replicate's HTTP API, on your own machines.",
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": _components(),
    }


def _operation(rule: Rule, method: str) -> dict[str, Any]:
    function = current_app.view_functions[rule.endpoint]
    summary = (function.__doc__ or "").strip().split("\n", 1)[0]
    described: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_") + ("" if method == "GET" else f"_{method.lower()}"),
        "summary": summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": TEXT} for name in sorted(rule.arguments)
        ],
        "responses": {"2XX": {"description": "It worked."} | _content(rule.endpoint), "default": PROBLEM},
    }
    resource, _, action = rule.endpoint.partition(".")
    if resource in JOBS | {"datasets"} and (action == "retry" or action.startswith("create")):
        described["parameters"].append(KEY)
    body = BODIES.get(rule.endpoint)
    if resource in JOBS and action == "priority":
        body = ("application/json", named("NewPriority"))
    if body is not None:
        media, schema = body
        described["requestBody"] = {"required": True, "content": {media: {"schema": schema}}}
    return described


def _content(endpoint: str) -> dict[str, Any]:
    """What an answer holds, where it is a job, tells about one, or is the account."""
    resource, _, action = endpoint.partition(".")
    if resource == "account":
        return {"content": {"application/json": {"schema": named("Account")}}}
    if endpoint != "datasets.create" and (resource not in JOBS or action in OTHER_ANSWERS):
        return {}
    schema = named("Explanation" if action == "explain" else "Job")
    return {"content": {"application/json": {"schema": schema}}}


def _components() -> dict[str, Any]:
    inputs = {
        f"{family.name}.{operation.name}": dict(operation.input_schema)
        for family in list_families(services().db)
        for operation in family.operations
    }
    return {
        "schemas": inputs | COMPONENTS,
        "responses": {
            "Problem": {
                "description": "What went wrong (RFC 9457); `code` is stable, `field` names the input.",
                "content": {"application/problem+json": {"schema": named("Problem")}},
            }
        },
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
        },
    }
