"""Ways on from a work: every operation that can take it, as a link to a form with the work filled in."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from shared.catalogue import get_family
from shared.errors import NotFound
from shared.library import Model
from web.context import services
from web.references import artifact_fields
from web.texts import _


@dataclass(frozen=True, slots=True)
class Way:
    """A link on."""

    title: str
    url: str


def on_from(artifact_id: str, model: Model | None, version_id: str | None) -> list[Way]:
    """The operations of the work's family that start from an earlier work."""
    if model is None or version_id is None:
        return []
    try:
        family = get_family(services().db, model.family)
    except NotFound:
        return []
    ways = []
    for operation in family.operations:
        fields = artifact_fields(operation.input_schema)
        if operation.needs == "version" and fields:
            values: dict[str, Any] = {fields[0]: artifact_id}
            values |= {"model": model.name, "version": version_id, "operation": operation.name}
            address = url_for("create.index", **values)
            ways.append(Way(_(operation.title), address))
    return ways
