"""Jobs that one click submits, and requests that a companion makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.catalogue import check_input
from shared.errors import InvalidInput, NotFound
from worker.family import Companion, Request
from worker.recipes import recipe
from worker.schemas import LARGEST_SEED

from . import FAMILY


def reference(digest: str) -> str:
    """A work by the hash of its file, as an input names it."""
    return f"sha256:{digest}"


def recipe_of(request: Request) -> dict[str, Any]:
    """What makes a report again when it is submitted."""
    return recipe(FAMILY.description, request, request.input)


def own_job(request: Request, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A job for this version."""
    data = check_input(FAMILY.description.operation(operation), given)
    return {"family": "muse", "version": request.version_id, "operation": operation, "input": data}


def job_for(maker: Companion, operation: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """A job for a companion, its input complete; None when its family has no such operation or takes no such
    input. Random fields must be given: a report is the same each time.
    """
    try:
        data = check_input(maker.description.operation(operation), given)
    except (InvalidInput, NotFound):
        return None
    return {
        "family": maker.description.name,
        "version": maker.version_id,
        "operation": operation,
        "input": data,
    }


def fields_of(maker: Companion, operation: str) -> Mapping[str, Any]:
    """The properties of an operation's input; none when there is no such operation."""
    try:
        schema = maker.description.operation(operation).input_schema
    except NotFound:
        return {}
    fields: Mapping[str, Any] = schema.get("properties", {})
    return fields


def nth_seed(seed: int, offset: int) -> int:
    """The seed so many after ``seed``, as families count them."""
    return (seed + offset) % (LARGEST_SEED + 1)


def require_maker(maker: Companion, media: str) -> None:
    """Raises InvalidInput (``wrong_media``) when a companion makes works of another kind, or none."""
    if maker.description.media != media or "count" not in fields_of(maker, "generate"):
        raise InvalidInput(
            f"This muse knows works of the kind “{media}”; {maker.description.title} makes others.",
            field="maker",
            code="wrong_media",
        )
