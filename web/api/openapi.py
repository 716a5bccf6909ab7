"""/openapi.json: this API, described from its own routes and the announced families."""

import re
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from werkzeug.routing import Rule

from shared.catalogue import list_families
from web.context import services

blueprint = Blueprint("openapi", __name__)
PROBLEM = {"$ref": "#/components/responses/Problem"}
#: Bodies of writing requests: the schema, by endpoint.
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "predictions.create": ("application/json", {"$ref": "#/components/schemas/NewPrediction"}),
    "predictions.create_on_model": ("application/json", {"$ref": "#/components/schemas/NewPrediction"}),
    "trainings.create": ("application/json", {"$ref": "#/components/schemas/NewTraining"}),
    "trainings.create_from_version": ("application/json", {"$ref": "#/components/schemas/NewTraining"}),
    "estimate.create": ("application/json", {"$ref": "#/components/schemas/NewTraining"}),
    "api_models.create": ("application/json", {"type": "object"}),
    "datasets.create": ("multipart/form-data", {"$ref": "#/components/schemas/NewDataset"}),
    "uploads.create": ("multipart/form-data", {"$ref": "#/components/schemas/NewFile"}),
}
_TEXT = {"type": "string"}
_BYTES = {"type": "string", "format": "binary"}


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
            for method in sorted((rule.methods or set()) & {"GET", "POST", "DELETE"}):
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
            {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in sorted(rule.arguments)
        ],
        "responses": {"2XX": {"description": "It worked."}, "default": PROBLEM},
    }
    if rule.endpoint in BODIES:
        media, schema = BODIES[rule.endpoint]
        described["requestBody"] = {"required": True, "content": {media: {"schema": schema}}}
    return described


def _components() -> dict[str, Any]:
    inputs = {
        f"{family.name}.{operation.name}": dict(operation.input_schema)
        for family in list_families(services().db)
        for operation in family.operations
    }
    return {
        "schemas": inputs
        | {
            "NewPrediction": _object({"version": _TEXT, "operation": _TEXT, "input": {"type": "object"}}),
            "NewTraining": _object(
                {
                    "family": _TEXT,
                    "version": _TEXT,
                    "destination": _TEXT,
                    "title": _TEXT,
                    "input": {"type": "object"},
                }
            ),
            "NewDataset": _object({"name": _TEXT, "files": {"type": "array", "items": _BYTES}}),
            "NewFile": _object({"content": _BYTES}),
            "Problem": _object(
                {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT, "code": _TEXT}
            ),
        },
        "responses": {
            "Problem": {
                "description": "What went wrong (RFC 9457); `code` is stable, `field` names the input.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        },
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
        },
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}
