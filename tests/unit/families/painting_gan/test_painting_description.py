from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from shared.catalogue import OperationDescription, check_input, check_schema
from shared.errors import InvalidInput
from worker.families.painting_gan import FAMILY

OPERATIONS = FAMILY.description.operations
BY_NAME = {operation.name: operation for operation in OPERATIONS}


def test_reading_the_description_does_not_import_torch() -> None:
    heavy = "{'torch', 'numpy', 'PIL'}"
    code = f"import sys, worker.families.painting_gan; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_operations() -> None:
    assert [operation.name for operation in OPERATIONS] == [
        "generate",
        "mix",
        "interpolate",
        "neighbours",
        "train",
    ]
    assert {o.lane for o in OPERATIONS if o.name != "train"} == {"interactive"}
    assert BY_NAME["train"].lane == "training" and BY_NAME["train"].needs == "dataset"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_forms_can_be_drawn(operation: OperationDescription) -> None:
    check_schema("painting_gan", operation)
    properties: dict[str, dict[str, Any]] = operation.input_schema["properties"]
    assert [field["x-order"] for field in properties.values()] == list(range(1, len(properties) + 1))
    for name, field in properties.items():
        assert field["title"] and len(field["description"]) > 20, name
        assert field["x-widget"] in {
            "slider", "select", "seed", "number", "text", "artifact", "dataset", "files", "checkbox",
        }  # fmt: skip
        if "default" in field and "minimum" in field:
            assert field["minimum"] <= field["default"] <= field["maximum"]
    assert operation.cost and set(operation.cost) == {"cpu", "cuda"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_an_empty_form_is_complete(operation: OperationDescription) -> None:
    given = {"dataset": "d"} if operation.name == "train" else {}
    complete = check_input(operation, given)
    assert check_input(operation, complete) == complete
    optional = {
        name
        for name in operation.input_schema["properties"]
        if name.startswith("parent") and "seed" not in name
    }
    assert set(operation.input_schema["properties"]) - set(complete) <= optional | {"kimg"}


@pytest.mark.parametrize(
    ("operation", "given", "field"),
    [
        ("generate", {"count": 65}, "count"),
        ("generate", {"count": 0}, "count"),
        ("generate", {"seed": -1}, "seed"),
        ("generate", {"seed": 2**31}, "seed"),
        ("generate", {"psi": "much"}, "psi"),
        ("mix", {"layers": "some"}, "layers"),
        ("mix", {"amount": 1.5}, "amount"),
        ("interpolate", {"format": "mp4"}, "format"),
        ("interpolate", {"frames": 1}, "frames"),
        ("neighbours", {"strength": 2}, "strength"),
        ("train", {"dataset": "d", "resolution": 48}, "resolution"),
        ("train", {"dataset": "d", "minutes": 0}, "minutes"),
        ("train", {"dataset": "d", "kimg": 0}, "kimg"),
        ("train", {"dataset": "d", "batch": 3}, "batch"),
        ("train", {"dataset": "d", "loss": "wasserstein"}, "loss"),
        ("train", {}, "dataset"),
    ],
)
def test_what_does_not_fit_names_its_field(operation: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(BY_NAME[operation], given)
    assert caught.value.field == field


def test_the_expectations_know_every_resolution_on_every_device() -> None:
    expect = FAMILY.description.expect
    assert expect is not None
    resolutions = {str(n) for n in BY_NAME["train"].input_schema["properties"]["resolution"]["enum"]}
    for device in ("cpu", "cuda"):
        assert set(expect["images_per_second"][device]) == resolutions
        assert expect["text"][device]
