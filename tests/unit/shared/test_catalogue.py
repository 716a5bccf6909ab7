from typing import Any

import pytest

from shared import catalogue
from shared.catalogue import FamilyDescription, OperationDescription, check_input
from shared.database import Database
from shared.errors import ConfigurationError, InvalidInput, NotFound

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["model"],
    "properties": {
        "model": {"type": "string", "title": "Model", "maxLength": 5},
        "seed": {"type": "integer", "minimum": 0, "maximum": 99, "x-random": True},
        "psi": {"type": "number", "minimum": 0, "maximum": 2, "default": 0.8},
        "size": {"type": "integer", "enum": [32, 64], "default": 64},
    },
}
OPERATION = OperationDescription("generate", "Generate", "Make one", "interactive", SCHEMA)


def family(name: str = "toy", **changes: Any) -> FamilyDescription:
    return FamilyDescription(name, "1", "Toy", "For tests", "image/png", (OPERATION,), **changes)


def test_defaults_and_random_integers_are_filled_in() -> None:
    complete = check_input(OPERATION, {"model": "m"})
    assert complete["psi"] == 0.8 and complete["size"] == 64 and 0 <= complete["seed"] <= 99
    seeds = {check_input(OPERATION, {"model": "m"})["seed"] for _ in range(50)}
    assert len(seeds) > 5
    assert check_input(OPERATION, {"model": "m", "seed": 7})["seed"] == 7


@pytest.mark.parametrize(
    ("given", "field", "code", "words"),
    [
        ({}, "model", "missing_field", "Model is missing"),
        ({"model": "m", "wings": 2}, "wings", "unknown_field", "unknown field 'wings'"),
        ({"model": "m", "psi": 3}, "psi", "invalid_input", "above 2"),
        ({"model": "m", "psi": "x"}, "psi", "invalid_input", "type number"),
        ({"model": "m", "seed": 100}, "seed", "invalid_input", "above 99"),
        ({"model": "m", "seed": True}, "seed", "invalid_input", "type integer"),
        ({"model": "m", "size": 48}, "size", "invalid_input", "not one of"),
        ({"model": "long name"}, "model", "invalid_input", "longer than 5"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, Any], field: str, code: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        check_input(OPERATION, given)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(OPERATION, {"model": "m", "psi": value})
    assert caught.value.field == "psi"


def test_a_long_value_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(OPERATION, {"model": "m", "psi": "x" * 10_000})
    assert len(caught.value.message) < 120


def test_a_whole_number_in_float_clothes_is_an_integer() -> None:
    complete = check_input(OPERATION, {"model": "m", "seed": 3.0})
    assert complete["seed"] == 3 and isinstance(complete["seed"], int)


def test_what_was_announced_is_read_back(db: Database) -> None:
    catalogue.announce(db, [family(expect={"images_per_second": {"cpu": 12}})])
    assert catalogue.get_family(db, "toy") == family(expect={"images_per_second": {"cpu": 12}})
    catalogue.announce(db, [family(), family("other")])
    assert [found.name for found in catalogue.list_families(db)] == ["other", "toy"]
    assert catalogue.get_family(db, "toy").expect is None


def test_unknown_names_say_what_is_known(db: Database) -> None:
    with pytest.raises(NotFound, match="ghost"):
        catalogue.get_family(db, "ghost")
    with pytest.raises(NotFound, match="it has generate"):
        family().operation("fly")


@pytest.mark.parametrize("schema", [{"type": "objekt"}, {"type": "string"}, {"properties": 3}])
def test_a_broken_schema_is_refused_with_the_familys_name(db: Database, schema: dict[str, Any]) -> None:
    broken = FamilyDescription(
        "bad", "1", "Bad", "", "image/png", (OperationDescription("go", "Go", "", "interactive", schema),)
    )
    with pytest.raises(ConfigurationError, match="family bad is broken"):
        catalogue.announce(db, [family(), broken])
    assert catalogue.list_families(db) == []
