"""Models and versions as JSON; a version's input is described as Replicate's and Cog's tools read it."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from shared.catalogue import FamilyDescription, get_family
from shared.errors import NotFound
from shared.library import Model, Version
from web.context import services
from web.present import urls
from web.words import iso

#: What the clients compare with: from 0.3.9 on, an array is a list unless it says that it is an iterator.
COG_VERSION = "0.9.0"


def model(row: Model, latest: Version | None, *, runs: int = 0, cover: str | None = None) -> dict[str, Any]:
    """A model as JSON."""
    return {
        "url": url_for("models.page", owner=row.owner_id, name=row.name, _external=True),
        "owner": row.owner_id,
        "name": row.name,
        "title": row.title,
        "family": row.family,
        "description": row.description,
        "visibility": "private",
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": runs,
        "cover_image_url": None if cover is None else urls.artifact(cover),
        "default_example": None,
        "latest_version": None if latest is None else version(latest),
        "created_at": iso(row.created_at),
    }


def version(row: Version) -> dict[str, Any]:
    """A version as JSON, with its operations' schemas."""
    try:
        schema = openapi_schema(get_family(services().db, row.family))
    except NotFound:
        schema = _document("Version", {}, {})
    return {
        "id": row.id,
        "created_at": iso(row.created_at),
        "cog_version": COG_VERSION,
        "openapi_schema": schema,
        "family": row.family,
        "family_version": row.family_version,
        "size": row.size,
        "dataset_hash": row.dataset_hash,
        "card": row.card,
    }


def openapi_schema(family: FamilyDescription) -> dict[str, Any]:
    """A family's operations as the OpenAPI document that Cog's tools expect.

    ``Input`` is that of generating; the other operations stand beside it under their names.
    """
    serving = [operation for operation in family.operations if operation.needs == "version"]
    main = next((operation for operation in serving if operation.name == "generate"), None)
    schemas = {f"Input_{operation.name}": _with_files(operation.input_schema) for operation in serving}
    return _document(family.title, {} if main is None else _with_files(main.input_schema), schemas)


def _with_files(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema whose works and files are of the format ``uri``: so Cog's tools know what can be a file."""
    fields = {
        name: dict(wanted) | {"format": "uri"} if wanted.get("format") == "artifact" else wanted
        for name, wanted in schema.get("properties", {}).items()
    }
    return dict(schema) | {"properties": fields}


def _document(title: str, main: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    output = {
        "title": "Output",
        "type": "array",
        "items": {"type": "string", "format": "uri"},
    }
    shown = {"title": "Input", "type": "object"} | dict(main)
    return {
        "openapi": "3.0.2",
        "info": {"title": title, "version": "0.1.0"},
        "paths": {},
        "components": {"schemas": {"Input": shown, "Output": output, **more}},
    }
