"""Ways on from a work: every operation that can take it, as a link to a form with the work filled in."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from shared.catalogue import get_family
from shared.errors import NotFound
from shared.files import Artifact, get_artifact
from shared.library import Model
from web.context import OWNER, services
from web.references import artifact_fields, usable
from web.roles import ADVISE, ANALYZE, INSPIRE, makes_works
from web.takers import Taker, takers
from web.texts import _


@dataclass(frozen=True, slots=True)
class Way:
    """A link on."""

    title: str
    url: str


def on_from(artifact_id: str, model: Model | None, version_id: str | None) -> list[Way]:
    """The operations of the work's own family that can start from it, then those that look at it."""
    try:
        work = get_artifact(services().db, artifact_id, OWNER)
    except NotFound:
        return []
    own = {} if model is None or version_id is None else _own(work, model, version_id)
    return [*own.values(), *(way for name, way in _others(work).items() if name not in own)]


def asking(taker: Taker, artifact_id: str, **more: Any) -> str:
    """The address of the form that asks this version about a work; ``more`` fills in other fields."""
    if taker.operation.name == ANALYZE:
        return url_for("analyze.index", subject=artifact_id)
    values: dict[str, Any] = {taker.field: artifact_id} | more
    return url_for("muse.index", version=taker.version.id, operation=taker.operation.name, **values)


def _own(work: Artifact, model: Model, version_id: str) -> dict[str, Way]:
    try:
        family = get_family(services().db, model.family)
    except NotFound:
        return {}
    ways: dict[str, Way] = {}
    # Who only looks at works is met through the newest of its kind.
    for operation in family.operations if makes_works(family) else ():
        fields = artifact_fields(operation.input_schema)
        first = next(iter(fields), None)
        if operation.needs == "version" and first is not None and usable(work, fields[first]):
            values: dict[str, Any] = {first: work.id}
            values |= {"model": model.name, "version": version_id, "operation": operation.name}
            ways[operation.name] = Way(_(operation.title), url_for("create.index", **values))
    return ways


def _others(work: Artifact) -> dict[str, Way]:
    """What the newest version of any family that can take the work does with it, by operation."""
    ways = {}
    for name in (ANALYZE, INSPIRE, ADVISE):
        able = next((one for one in takers(name) if one.takes(work)), None)
        if able is not None:
            ways[name] = Way(_(able.operation.title), asking(able, work.id))
    return ways
