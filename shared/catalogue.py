"""Families as workers announce them: operations with JSON Schemas, and inputs checked against them."""

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from sqlalchemy import delete, insert, select

from shared.database import Database, now
from shared.errors import ConfigurationError, InvalidInput, NotFound
from shared.tables import families as families_table

#: Random integers chosen for ``x-random`` fields stay below this where the schema sets no maximum.
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class OperationDescription:
    """What a family can do, in the form the web needs.

    ``input_schema`` is JSON Schema 2020-12 of type object; ``needs`` is "version", "dataset" or "files";
    ``cost`` maps a device type ("cpu", "cuda") to estimated seconds of one job; ``stall_seconds`` is how
    long a job may go without progress before it counts as hung.
    """

    name: str
    title: str
    description: str
    lane: str
    input_schema: Mapping[str, Any]
    needs: str = "version"
    batchable: bool = False
    stall_seconds: float = 120.0
    cost: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class FamilyDescription:
    """A family without its code: what the catalogue stores.

    ``expect`` is free data about trainings: images a second per device type and resolution, what to expect.
    """

    name: str
    version: str
    title: str
    description: str
    media: str
    operations: tuple[OperationDescription, ...]
    expect: Mapping[str, Any] | None = None

    def operation(self, name: str) -> OperationDescription:
        """The operation of that name. Raises NotFound."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        known = ", ".join(operation.name for operation in self.operations)
        raise NotFound(f"{self.title} has no operation {name!r}; it has {known}", field="operation")


def announce(db: Database, descriptions: Sequence[FamilyDescription]) -> None:
    """Store what this worker's families are; a later announcement replaces an earlier one.

    Raises:
        ConfigurationError: a schema is not valid JSON Schema.
    """
    for family in descriptions:
        for operation in family.operations:
            check_schema(family.name, operation)
    with db.begin() as connection:
        for family in descriptions:
            connection.execute(delete(families_table).where(families_table.c.name == family.name))
            connection.execute(
                insert(families_table).values(
                    name=family.name, version=family.version, description=asdict(family), announced_at=now()
                )
            )


def check_schema(family: str, operation: OperationDescription) -> None:
    """Raises ConfigurationError when the operation's schema is not a JSON Schema of an object."""
    try:
        Draft202012Validator.check_schema(dict(operation.input_schema))
    except SchemaError as error:
        raise ConfigurationError(
            f"the family {family} is broken: the schema of {operation.name} is invalid: {error.message}"
        ) from None
    if operation.input_schema.get("type") != "object":
        raise ConfigurationError(
            f"the family {family} is broken: the schema of {operation.name} is not an object"
        )


def list_families(db: Database) -> list[FamilyDescription]:
    """Every announced family by name."""
    with db.read() as connection:
        rows = connection.execute(
            select(families_table.c.description).order_by(families_table.c.name)
        ).scalars()
        return [_family(description) for description in rows]


def get_family(db: Database, name: str) -> FamilyDescription:
    """The announced family of that name. Raises NotFound."""
    with db.read() as connection:
        description = connection.execute(
            select(families_table.c.description).where(families_table.c.name == name)
        ).scalar_one_or_none()
    if description is None:
        raise NotFound(f"no worker has announced the family {name!r}", field="family")
    return _family(description)


def check_input(operation: OperationDescription, given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` completed: defaults filled in, random integers chosen, everything checked.

    Raises:
        InvalidInput: the first thing that does not fit, with the field's name.
    """
    schema = operation.input_schema
    complete = dict(given)
    for name, wanted in schema.get("properties", {}).items():
        if name in complete:
            continue
        if wanted.get("x-random"):
            low, high = int(wanted.get("minimum", 0)), int(wanted.get("maximum", LARGEST_SEED))
            complete[name] = low + secrets.randbelow(high - low + 1)
        elif "default" in wanted:
            complete[name] = wanted["default"]
    errors = sorted(
        Draft202012Validator(dict(schema)).iter_errors(complete), key=lambda error: list(map(str, error.path))
    )
    if errors:
        raise _invalid(errors[0], schema)
    for name, value in complete.items():
        # NaN is neither below the least nor above the most.
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInput(f"{name}: {value} is not a number that can be used", field=name)
    return _integers(complete, schema)


def _integers(complete: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema takes 3.0 for an integer; equal requests must have equal input, so it becomes 3."""
    properties = schema.get("properties", {})
    for name, value in complete.items():
        if properties.get(name, {}).get("type") == "integer" and isinstance(value, float):
            complete[name] = int(value)
    return complete


def _invalid(error: ValidationError, schema: Mapping[str, Any]) -> InvalidInput:
    properties: Mapping[str, Any] = schema.get("properties", {})
    instance: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "required":
        missing = next(name for name in wanted if name not in instance)
        title = properties.get(missing, {}).get("title", missing)
        return InvalidInput(f"{title} is missing", field=missing, code="missing_field")
    if error.validator == "additionalProperties":
        unknown = sorted(set(instance) - set(properties))
        return InvalidInput(
            f"unknown field {unknown[0]!r}; known are {', '.join(properties)}",
            field=unknown[0],
            code="unknown_field",
        )
    field = str(error.absolute_path[0]) if error.absolute_path else None
    return InvalidInput(f"{field}: {_plain(error)}" if field else _plain(error), field=field)


def _plain(error: ValidationError) -> str:
    """The validator's complaint in plain words, never repeating a long value."""
    shown = repr(error.instance)
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    wanted = error.validator_value
    words: dict[str, str] = {
        "minimum": f"{shown} is below {wanted}, the least",
        "maximum": f"{shown} is above {wanted}, the most",
        "type": f"{shown} is not of the type {wanted}",
        "enum": f"{shown} is not one of {wanted}",
        "minLength": "the text is too short",
        "maxLength": f"the text is longer than {wanted} characters",
        "pattern": f"{shown} does not have the right form",
        "multipleOf": f"{shown} is not a multiple of {wanted}",
        "maxItems": f"more than {wanted} entries",
        "minItems": f"fewer than {wanted} entries",
    }
    return words.get(str(error.validator), "the value does not fit")


def _family(description: Mapping[str, Any]) -> FamilyDescription:
    values = dict(description)
    values["operations"] = tuple(OperationDescription(**operation) for operation in values["operations"])
    return FamilyDescription(**values)
