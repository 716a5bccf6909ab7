"""One suite for every family: what the worker relies on, and what people are promised."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from jsonschema import Draft202012Validator

from shared.catalogue import OperationDescription, check_input
from shared.database import Database
from shared.errors import AtelierError, InvalidInput
from shared.jobs import canonical
from tests.contract.families import VERSION, Subject, contents, run
from worker import checkpoints
from worker.family import Generator, Ingester, Product, Request, Shaped, Teacher, TrainerState
from worker.registry import discover
from worker.shapes import settle

REGISTRY = discover("tests.families.toy")
NAMES = list(REGISTRY.specs)
TEACHERS = REGISTRY.serving(["training"])
SERVED = [
    (name, operation.name)
    for name in TEACHERS
    for operation in REGISTRY.specs[name].description.operations
    if operation.lane == "interactive"
]
WIDGETS = {
    "slider",
    "select",
    "seed",
    "number",
    "text",
    "artifact",
    "dataset",
    "files",
    "checkbox",
    "version",
}
HINTS = {"x-order", "x-widget", "x-random", "x-advanced", "x-step", "x-role", "x-accept"} | {
    "x-operation",
    "x-families",
    "x-media",
}
ROLES = {
    "output",
    "thumbnail",
    "latent",
    "preview",
    "sample",
    "grid",
    "report",
    "piece",
    "audio",
    "notes",
    "score",
    "picture",
    "table",
}
#: Several of a kind beside one work: a heat map for each head, a preview for each piece of advice.
NUMBERED = re.compile("(overlay|preview)-[a-z0-9_-]+")


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Subject]]:
    torch.set_num_threads(1)
    yield {
        name: Subject(REGISTRY, spec, tmp_path_factory.mktemp(name)) for name, spec in REGISTRY.specs.items()
    }


@pytest.fixture
def subject(subjects: dict[str, Subject], name: str) -> Subject:
    return subjects[name]


@pytest.fixture
def operation(subject: Subject, served: str) -> OperationDescription:
    return subject.spec.description.operation(served)


every_family = pytest.mark.parametrize("name", NAMES)
every_teacher = pytest.mark.parametrize("name", TEACHERS)
every_served = pytest.mark.parametrize(("name", "served"), SERVED)


@every_family
def test_a_description_costs_nothing(name: str) -> None:
    module = REGISTRY.specs[name].engine.partition(":")[0].rpartition(".")[0]
    code = (
        f"import sys, {module};print(sorted({{'torch', 'numpy', 'PIL', 'scipy'}} & set(sys.modules)), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]"


@every_family
def test_names_are_plain(subject: Subject) -> None:
    description = subject.spec.description
    assert re.fullmatch("[a-z][a-z0-9_]*", description.name)
    assert description.title and description.description and description.version
    names = [operation.name for operation in description.operations]
    assert len(set(names)) == len(names)
    json.dumps(description.expect)


@every_family
def test_forms_can_be_drawn_from_the_schemas(subject: Subject) -> None:
    for operation in subject.spec.description.operations:
        schema = operation.input_schema
        Draft202012Validator.check_schema(dict(schema))
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        assert set(schema.get("required", [])) <= set(schema["properties"])
        for field, wanted in schema["properties"].items():
            _check_field(f"{operation.name}.{field}", wanted)


def _check_field(where: str, wanted: dict[str, Any]) -> None:
    assert wanted["type"] in ("string", "number", "integer", "boolean", "array"), where
    assert wanted["title"].strip() and wanted["description"].strip(), where
    assert {hint for hint in wanted if hint.startswith("x-")} <= HINTS, where
    assert wanted.get("x-widget", "text") in WIDGETS, where
    if "x-accept" in wanted:
        assert wanted["format"] == "artifact" and wanted["x-accept"], where
        assert all(media.count("/") == 1 for media in wanted["x-accept"]), where
    if wanted.get("x-random"):
        assert wanted["type"] == "integer" and "default" not in wanted, where
    if "default" in wanted:
        Draft202012Validator(wanted).validate(wanted["default"])
    if wanted["type"] in ("number", "integer") and "enum" not in wanted:
        assert wanted["minimum"] <= wanted["maximum"], where


@every_family
def test_operations_have_an_engine_behind_them(subject: Subject) -> None:
    parts = {"interactive": Generator, "training": Teacher, "ingest": Ingester}
    for operation in subject.spec.description.operations:
        assert isinstance(subject.engine, parts[operation.lane]), operation.name


@every_family
def test_unknown_and_impossible_values_are_refused(subject: Subject) -> None:
    for operation in subject.spec.description.operations:
        with pytest.raises(InvalidInput):
            check_input(operation, {"no_such_field": 1})
        for field, wanted in operation.input_schema["properties"].items():
            for value in (None, {"a": 1}, float("nan"), 10**400, -(10**400), "x" * 10**6):
                if isinstance(value, str) and "maxLength" not in wanted and "enum" not in wanted:
                    continue
                with pytest.raises(InvalidInput):
                    check_input(operation, {**subject.example.inputs.get(operation.name, {}), field: value})


@every_teacher
def test_a_training_becomes_a_version(subject: Subject) -> None:
    trained = subject.trained
    assert trained.weights
    for tensor in trained.weights.values():
        assert torch.isfinite(tensor.float()).all()
    assert json.loads(json.dumps(trained.config)) == trained.config
    json.dumps(trained.card, allow_nan=False)
    _check_products(trained.products)
    loaded = subject.load()
    assert loaded.nbytes > 0


@every_teacher
def test_a_training_tells_how_it_goes(subject: Subject) -> None:
    whole = subject.whole
    assert whole.fractions == sorted(whole.fractions)
    assert whole.fractions[0] == 0.0
    assert whole.fractions[-1] == pytest.approx(1.0)
    json.dumps(whole.figures, allow_nan=False)
    assert whole.snapshots, "nobody would see anything while it trains"
    for snapshot in whole.snapshots:
        _check_products(snapshot.products)
        assert all(math.isfinite(value) for value in snapshot.metrics.values())


@every_teacher
def test_an_interrupted_training_goes_on_exactly(subject: Subject) -> None:
    whole = subject.whole
    kept: dict[int, bytes] = {}
    watched = subject.trainer()

    def keep() -> None:
        kept[watched.step_count] = checkpoints.pack("contract", watched.step_count, watched.state())

    run(watched, keep)
    _same_state(watched.state(), whole.state)
    stopped_at = random.randrange(1, whole.steps)
    torch.manual_seed(random.randrange(10**6))
    resumed = subject.trainer()
    resumed.restore(checkpoints.unpack(kept[stopped_at]))
    assert resumed.step_count == stopped_at
    run(resumed)
    assert resumed.step_count == whole.steps
    _same_state(resumed.state(), whole.state)
    left, right = resumed.finish(), whole.trained
    assert left.weights.keys() == right.weights.keys()
    assert all(torch.equal(left.weights[name], right.weights[name]) for name in left.weights)
    assert contents(left.products) == contents(right.products)


def _same_state(left: TrainerState, right: TrainerState) -> None:
    assert left.tensors.keys() == right.tensors.keys()
    different = [name for name in left.tensors if not torch.equal(left.tensors[name], right.tensors[name])]
    assert different == []


@every_served
def test_generate_gives_what_it_promises(subject: Subject, operation: OperationDescription) -> None:
    request = subject.request(operation)
    (products,) = subject.generate(subject.load(), [request])
    _check_products(products)
    outputs = [product for product in products if product.role == "output"]
    assert outputs
    if "count" in request.input:
        assert len(outputs) == request.input["count"]
    for output in outputs:
        assert output.recipe is not None, "a result carries its recipe"
        assert output.recipe["version"] == VERSION
        # What a companion made has the companion's recipe.
        made_by = REGISTRY.specs[output.recipe.get("family", subject.name)].description
        assert output.recipe["operation"] in {one.name for one in made_by.operations}


def _check_products(products: list[Product]) -> None:
    places = [(product.role, product.position) for product in products]
    assert len(set(places)) == len(places), "siblings are told apart by role and position"
    for product in products:
        assert product.role in ROLES or NUMBERED.fullmatch(product.role), product.role
        assert product.data and product.name and re.fullmatch(r"[\w.+-]+/[\w.+-]+", product.media_type)
        canonical([product.recipe, product.meta])
        if product.media_type == "image/png":
            assert product.data.startswith(b"\x89PNG")


@every_served
def test_the_same_recipe_gives_the_same_bytes(subject: Subject, operation: OperationDescription) -> None:
    request = subject.request(operation)
    torch.manual_seed(1)
    (first,) = subject.generate(subject.load(), [request])
    torch.manual_seed(2)
    random.seed(2)
    (second,) = subject.generate(subject.load(), [request])
    assert contents(first) == contents(second)


@every_served
def test_every_recipe_makes_its_picture_again(subject: Subject, operation: OperationDescription) -> None:
    (products,) = subject.generate(subject.load(), [subject.request(operation)])
    for output in (product for product in products if product.role == "output"):
        assert output.recipe is not None
        if output.recipe.get("family", subject.name) != subject.name:
            continue
        again = subject.spec.description.operation(output.recipe["operation"])
        fields = again.input_schema["properties"]
        if any("format" in fields[name] for name in output.recipe["input"]):
            continue
        complete = check_input(again, output.recipe["input"])
        assert complete == output.recipe["input"], "a recipe's input is complete"
        (made,) = subject.generate(subject.load(), [Request("again", again.name, VERSION, complete)])
        assert output.data in [product.data for product in made if product.role == "output"]


@pytest.mark.parametrize(
    ("name", "served", "shape"),
    [
        (name, served, shape)
        for name, served in SERVED
        # Three jobs in passes of the family's own size, in two, and in one with empty rows; what shares no
        # pass need not be tried in many.
        for shape in ((None, 2, 8) if REGISTRY.operation(name, served).batchable else (None,))
    ],
)
def test_batched_equals_alone(subject: Subject, operation: OperationDescription, shape: int | None) -> None:
    requests = _three(subject, operation)
    loaded = subject.load()
    if shape is not None and isinstance(loaded, Shaped):
        loaded.shape = shape
    together = subject.generate(loaded, requests)
    alone = [subject.generate(loaded, [request])[0] for request in requests]
    turned = subject.generate(loaded, requests[::-1])[::-1]
    assert [contents(products) for products in together] == [contents(products) for products in alone]
    assert [contents(products) for products in turned] == [contents(products) for products in alone]
    if _random_fields(operation):
        assert contents(alone[0]) != contents(alone[1])


def _three(subject: Subject, operation: OperationDescription) -> list[Request]:
    return [
        subject.request(
            operation, f"job{number}", **dict.fromkeys(_random_fields(operation), 100 * number + 7)
        )
        for number in range(3)
    ]


def _random_fields(operation: OperationDescription) -> list[str]:
    return [name for name, wanted in operation.input_schema["properties"].items() if wanted.get("x-random")]


@every_served
def test_workers_of_one_type_of_device_give_the_same_bytes(
    subject: Subject, operation: OperationDescription, db: Database
) -> None:
    # Whatever each would have measured for itself: the first one decides.
    first, second = subject.load(), subject.load()
    settle(db, first, VERSION, "cpu", most=8)
    settle(db, second, VERSION, "cpu", most=1)
    one, two, three = _three(subject, operation)
    here = subject.generate(first, [one, two, three])
    there = [subject.generate(second, [two, one])[1], *subject.generate(second, [two, three])]
    assert [contents(products) for products in here] == [contents(products) for products in there]


@every_teacher
def test_what_is_loaded_has_a_shape_to_measure(subject: Subject) -> None:
    loaded = subject.load()
    assert isinstance(loaded, Shaped), "a pass of another size may give other bytes"
    tried = list(loaded.shapes())
    assert tried == sorted(set(tried)) and tried[0] >= 1 and loaded.shape >= 1
    before = torch.get_rng_state()
    loaded.rehearse(tried[1])
    assert torch.equal(torch.get_rng_state(), before)


@every_served
@pytest.mark.parametrize("garbage", [b"", b"garbage", b"\0" * 64, b"\xff" * 4096])
def test_a_damaged_parent_is_refused(
    subject: Subject, operation: OperationDescription, garbage: bytes
) -> None:
    fields = [n for n, w in operation.input_schema["properties"].items() if w.get("format") == "artifact"]
    good = next(iter(subject.operations("interactive")))
    loaded = subject.load()
    for field in fields:
        required = set(fields) & set(operation.input_schema.get("required", []))
        complete = subject.complete(operation, **dict.fromkeys({field, *required}, "some-artifact"))
        bad = Request("bad", operation.name, VERSION, complete, {field: garbage})
        outcomes = subject.outcomes(loaded, [bad, subject.request(good)])
        assert isinstance(outcomes[0], AtelierError), field
        assert not isinstance(outcomes[1], AtelierError), "the neighbor in the batch suffers"


@every_teacher
@pytest.mark.parametrize(
    "garbage", [b"", b"\x80\x04\x95.", b"PK\x03\x04", (2**62).to_bytes(8, "little") + b"{}"]
)
def test_weights_that_are_none_are_refused(subject: Subject, garbage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(garbage)
    with pytest.raises(AtelierError):
        subject.engine.load(path, subject.trained.config, "cpu")
