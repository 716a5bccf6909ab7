"""Ways on from a work: every operation that can take it, as a link to a form with the work filled in."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from shared.catalogue import get_family
from shared.errors import NotFound
from shared.files import get_artifact
from shared.library import Model
from web.context import OWNER, services
from web.references import artifact_fields, usable
from web.texts import _


@dataclass(frozen=True, slots=True)
class Way:
    """A link on."""

    title: str
    url: str


def on_from(artifact_id: str, model: Model | None, version_id: str | None) -> list[Way]:
    """The operations of the work's family that can start from this work."""
    if model is None or version_id is None:
        return []
    try:
        family = get_family(services().db, model.family)
        work = get_artifact(services().db, artifact_id, OWNER)
    except NotFound:
        return []
    ways = []
    for operation in family.operations:
        fields = artifact_fields(operation.input_schema)
        first = next(iter(fields), None)
        if operation.needs == "version" and first is not None and usable(work, fields[first]):
            values: dict[str, Any] = {first: artifact_id}
            values |= {"model": model.name, "version": version_id, "operation": operation.name}
            address = url_for("create.index", **values)
            ways.append(Way(_(operation.title), address))
    return ways
