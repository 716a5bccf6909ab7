"""References in an input: earlier outputs, data sets and versions, by id or by one of our own addresses."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import request

from shared import library
from shared.datasets import get_dataset
from shared.errors import InvalidInput, NotFound
from shared.files import Artifact, get_artifact, sibling
from shared.library import Model, Version
from web.context import OWNER, services

ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_OWN_PATH = re.compile(r"/(?:artifacts|v1/files)/([0-9a-z]{26})(?:/[^/]*)?")


def resolve(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with every artifact field as the plain id of a file that exists and has what is needed.

    Raises:
        InvalidInput: a reference leads nowhere; the error names the field.
    """
    resolved = dict(given)
    for name, wanted in schema.get("properties", {}).items():
        value = resolved.get(name)
        if wanted.get("format") == "artifact" and isinstance(value, str):
            resolved[name] = _artifact(value, name, wanted.get("x-role"))
        elif wanted.get("type") == "array" and isinstance(value, list):
            if wanted.get("items", {}).get("format") == "artifact":
                role = wanted["items"].get("x-role")
                resolved[name] = [_artifact(item, name, role) for item in value if isinstance(item, str)]
        elif wanted.get("x-widget") == "dataset" and isinstance(value, str):
            _check_dataset(value, name)
    return resolved


def artifact_fields(schema: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields that take one earlier output, each with the role of the file it needs beside the output."""
    properties: Iterable[tuple[str, Any]] = schema.get("properties", {}).items()
    return {name: wanted.get("x-role") for name, wanted in properties if wanted.get("format") == "artifact"}


def usable(artifact: Artifact, role: str | None) -> bool:
    """Whether a field that needs a file of ``role`` can take this output."""
    if role is None:
        return True
    try:
        sibling(services().db, artifact, role)
    except NotFound:
        return False
    return True


def find_version(reference: Any) -> tuple[Version, Model]:
    """The version that ``reference`` names: its id, ``owner/name:id``, or ``owner/name`` for the newest.

    Raises:
        InvalidInput: it is not a text. NotFound: there is none.
    """
    if not isinstance(reference, str) or not reference:
        raise InvalidInput("name the version: an id, owner/name:id or owner/name", field="version")
    moment = services().moment
    path, _, identifier = reference.rpartition(":")
    if "/" not in reference:
        version = moment.version(reference)
        return version, moment.model(version.model_id)
    model = find_model(path or identifier)
    if path:
        version = moment.version(identifier)
        if version.model_id == model.id:
            return version, model
        raise NotFound(f"{path} has no version {identifier}", field="version")
    newest = library.latest_version(services().db, model.id)
    if newest is None:
        raise NotFound(f"{reference} has no version yet: its training has not finished", field="version")
    return newest, model


def find_model(path: str) -> Model:
    """The model ``owner/name``. Raises NotFound."""
    owner, _, name = path.partition("/")
    return library.get_model(services().db, owner, name)


def _artifact(value: str, field: str, role: str | None) -> str:
    identifier = _identifier(value)
    try:
        if identifier is None:
            raise NotFound("not an id")
        if not usable(get_artifact(services().db, identifier, OWNER), role):
            raise NotFound(f"the work has no {role}")
    except NotFound:
        raise InvalidInput(
            f"{field}: {value[:80]!r} is not a work that can be used here; choose one from the gallery",
            field=field,
            code="unknown_work",
        ) from None
    return identifier


def _identifier(value: str) -> str | None:
    if ID.fullmatch(value):
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    if parts.netloc and parts.netloc != request.host:
        return None
    found = _OWN_PATH.fullmatch(parts.path)
    return found.group(1) if found else None


def _check_dataset(value: str, field: str) -> None:
    try:
        get_dataset(services().db, value, OWNER)
    except NotFound:
        raise InvalidInput(
            f"{field}: there is no data set {value[:80]!r}", field=field, code="unknown_dataset"
        ) from None
