"""References in an input: works, files, data sets and versions, by id or by one of our own addresses."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import request

from shared import library
from shared.catalogue import FamilyDescription
from shared.errors import InvalidInput, NotFound
from shared.files import UPLOAD, Artifact, artifact_by_hash, get_artifact, sibling
from shared.library import Model, Version
from web import accepted, data_uris
from web.context import OWNER, services
from web.data_uris import Inside
from web.learners import find_dataset

ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
#: A file by its content: any work, upload or work of a data set that has it.
_CONTENT = re.compile(r"sha256:([0-9a-f]{64})")
_OWN_PATH = re.compile(r"/(?:artifacts|v1/files)/([0-9a-z]{26})(?:/[^/]*)?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an artifact field takes.

    ``role`` names the file that the operation needs of an earlier output, the output itself without one.
    ``accept`` are the media types that this file may have; without any only earlier outputs will do, with
    them a file from outside does too.
    """

    role: str | None = None
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """An input with plain ids in it.

    ``uploads`` are the files from outside that it names, by field. ``inside`` are those that came in the
    request itself and have no id yet: their fields are absent from ``input``.
    """

    input: dict[str, Any]
    uploads: dict[str, Artifact]
    inside: dict[str, Inside]


def resolve(schema: Mapping[str, Any], given: Mapping[str, Any]) -> Resolved:
    """``given`` with every artifact field as the plain id of a file that exists and has what is needed.

    Raises:
        InvalidInput: a reference leads nowhere or to something of another type; the error names the field.
        BadFile: a file inside the request is refused.
    """
    resolved = Resolved(dict(given), {}, {})
    fields = artifact_fields(schema)
    for name, wanted in schema.get("properties", {}).items():
        value = given.get(name)
        if name in fields and isinstance(value, str):
            _take(resolved, name, value, fields[name])
        elif wanted.get("type") == "array" and isinstance(value, list):
            if wanted.get("items", {}).get("format") == "artifact":
                inner = _wanted(wanted["items"])
                resolved.input[name] = [
                    _find(item, name, inner).id for item in value if isinstance(item, str)
                ]
        elif wanted.get("format") in ("dataset", "version") and value == "":
            # A form's empty choice: nothing was named.
            del resolved.input[name]
        elif wanted.get("format") == "dataset" and isinstance(value, str):
            resolved.input[name] = _dataset(value, name, wanted)
        elif wanted.get("format") == "version" and isinstance(value, str):
            resolved.input[name] = _version(value, name, wanted)
    return resolved


def artifact_fields(schema: Mapping[str, Any]) -> dict[str, Wanted]:
    """The fields that take one work or file, each with what it takes."""
    properties: Iterable[tuple[str, Any]] = schema.get("properties", {}).items()
    return {name: _wanted(wanted) for name, wanted in properties if wanted.get("format") == "artifact"}


def usable(artifact: Artifact, wanted: Wanted) -> bool:
    """Whether a field can take this work or file."""
    try:
        media_type = _read_of(artifact, wanted).media_type
    except NotFound:
        return False
    return not wanted.accept or media_type in wanted.accept


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
        raise NotFound(f"{reference} has no version yet: no training of it gave one", field="version")
    return newest, model


def find_model(path: str) -> Model:
    """The model ``owner/name``. Raises NotFound."""
    owner, _, name = path.partition("/")
    return library.get_model(services().db, owner, name)


def _wanted(schema: Mapping[str, Any]) -> Wanted:
    return Wanted(schema.get("x-role"), tuple(schema.get("x-accept", ())))


def _take(resolved: Resolved, field: str, value: str, wanted: Wanted) -> None:
    if wanted.accept and value.startswith(data_uris.SCHEME):
        inside = data_uris.read(value, field, wanted.accept)
        accepted.check(inside.media_type, wanted.accept, field, field)
        resolved.inside[field] = inside
        del resolved.input[field]
        return
    artifact = _find(value, field, wanted)
    resolved.input[field] = artifact.id
    if artifact.role == UPLOAD:
        resolved.uploads[field] = artifact


def _find(value: str, field: str, wanted: Wanted) -> Artifact:
    try:
        artifact = _named(value)
        read = _read_of(artifact, wanted)
    except NotFound:
        told = f"{field}: {value[:80]!r} is not a work that can be used here; choose one from the gallery"
        raise InvalidInput(told, field=field, code="unknown_work") from None
    if wanted.accept:
        accepted.check(read.media_type, wanted.accept, read.name, field)
    return artifact


def _read_of(artifact: Artifact, wanted: Wanted) -> Artifact:
    """The file whose bytes the operation gets for this one. Raises NotFound."""
    if artifact.role == UPLOAD:
        # One that was sent to become a data set goes with its job.
        if not wanted.accept or artifact.job_id is not None:
            raise NotFound(f"{artifact.id} is no work")
        return artifact
    return artifact if wanted.role is None else sibling(services().db, artifact, wanted.role)


def _named(value: str) -> Artifact:
    """The file of an id, an address of ours or a content. Raises NotFound."""
    content = _CONTENT.fullmatch(value)
    if content is not None:
        return artifact_by_hash(services().db, content.group(1), OWNER)
    identifier = _identifier(value)
    if identifier is None:
        raise NotFound("not an id")
    return get_artifact(services().db, identifier, OWNER)


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


def _dataset(value: str, field: str, wanted: Mapping[str, Any]) -> str:
    """The id of the data set that a field names. Raises InvalidInput (unknown_dataset, wrong_media)."""
    found = find_dataset(value, field)
    if found.media not in wanted.get("x-media", (found.media,)):
        told = f"{field}: “{found.name}” holds {found.media}, which cannot be used here"
        raise InvalidInput(told, field=field, code="wrong_media")
    return found.id


def _version(value: str, field: str, wanted: Mapping[str, Any]) -> str:
    """The id of the version that a field names. Raises InvalidInput (unknown_version, wrong_version)."""
    try:
        version, model = find_version(value)
        family = services().moment.family(model.family)
    except NotFound as error:
        told = f"{field}: {error.message}"
        raise InvalidInput(told, field=field, code="unknown_version") from None
    if not serves(wanted, family):
        told = f"{field}: a version of {model.title} cannot be used here"
        raise InvalidInput(told, field=field, code="wrong_version")
    return version.id


def serves(wanted: Mapping[str, Any], family: FamilyDescription) -> bool:
    """Whether a field of format version takes the versions of a family: by its name, operation and media."""
    names = {operation.name for operation in family.operations if operation.needs == "version"}
    return (
        family.name in wanted.get("x-families", (family.name,))
        and wanted.get("x-operation", "") in ("", *names)
        and family.media in wanted.get("x-media", (family.media,))
    )
