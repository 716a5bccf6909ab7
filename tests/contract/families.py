"""A family under test: its engine, a version it trained itself, and requests made from its schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from shared.catalogue import FamilyDescription, OperationDescription, check_input
from shared.errors import AtelierError
from tests.contract.examples import EXAMPLES, Example
from tests.support.parts import gather
from worker.family import (
    Companion,
    Dataset,
    FamilySpec,
    Generator,
    Loaded,
    Product,
    Request,
    Snapshot,
    Teacher,
    Trained,
    Trainer,
    TrainerState,
    TrainingJob,
)
from worker.registry import Registry
from worker.training import owned

VERSION = "0" * 64


@dataclass(frozen=True)
class Whole:
    """A training that nobody disturbed, and what it told on the way."""

    fractions: list[float]
    figures: list[dict[str, float | str]]
    snapshots: list[Snapshot]
    steps: int
    state: TrainerState
    trained: Trained

    @staticmethod
    def run(trainer: Trainer) -> Whole:
        """Train to the end and finish."""
        assert (trainer.step_count, trainer.done) == (0, False)
        fractions, figures = [trainer.fraction], []

        def watch() -> None:
            fractions.append(trainer.fraction)
            figures.append(trainer.progress())
            assert figures[-1]["step"] == trainer.step_count

        snapshots = run(trainer, watch)
        state = trainer.state()
        return Whole(fractions, figures, snapshots, trainer.step_count, state, trainer.finish())


@dataclass
class Subject:
    """One family through its contract; a training runs once for all tests."""

    registry: Registry
    spec: FamilySpec
    folder: Path
    others: dict[str, Subject] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.spec.description.name

    @property
    def example(self) -> Example:
        return EXAMPLES.get(self.name, Example())

    @property
    def engine(self) -> Any:
        return self.registry.engine(self.name)

    def operations(self, lane: str) -> list[OperationDescription]:
        """The operations of one lane."""
        return [one for one in self.spec.description.operations if one.lane == lane]

    def complete(self, operation: OperationDescription, **changes: Any) -> dict[str, Any]:
        """A complete input: the example, else the schema's defaults; random fields are fixed."""
        given = dict(self.example.inputs.get(operation.name, {}))
        if operation.lane == "training":
            given = dict(self.example.train)
        for place, (name, schema) in enumerate(operation.input_schema["properties"].items()):
            if schema.get("x-random"):
                given.setdefault(name, 11 + place)
            if schema.get("format") == "dataset":
                given.setdefault(name, "contract")
        return check_input(operation, given | changes)

    def trainer(self) -> Trainer:
        """A fresh trainer over the example's works."""
        (operation,) = self.operations("training")
        engine = self.engine
        assert isinstance(engine, Teacher)
        return engine.trainer(TrainingJob("contract", self.complete(operation), self.dataset()), "cpu")

    @cached_property
    def whole(self) -> Whole:
        """An uninterrupted training of the example; it runs once for all tests."""
        return Whole.run(self.trainer())

    @property
    def trained(self) -> Trained:
        """What that training gave."""
        return self.whole.trained

    @cached_property
    def weights(self) -> Path:
        """The trained version as its safetensors file."""
        path = self.folder / "weights.safetensors"
        save_file(owned(self.trained.weights), path)
        return path

    def load(self) -> Loaded:
        """The trained version in memory, loaded afresh."""
        engine = self.engine
        assert isinstance(engine, Generator)
        return engine.load(self.weights, self.trained.config, "cpu")

    def request(self, operation: OperationDescription, job_id: str = "job", **changes: Any) -> Request:
        """A request for one operation; artifact fields that it must have are filled with what they take."""
        fields = operation.input_schema["properties"]
        named = [*operation.input_schema.get("required", []), *self.example.inputs.get(operation.name, {})]
        needed = {
            format: [name for name in dict.fromkeys(named) if fields[name].get("format") == format]
            for format in ("artifact", "dataset", "version")
        }
        given = {name: f"some-{format}" for format, names in needed.items() for name in names}
        return Request(
            job_id,
            operation.name,
            VERSION,
            self.complete(operation, **given | changes),
            {name: self.taken_by(fields[name]) for name in needed["artifact"]},
            datasets={name: self.dataset() for name in needed["dataset"]},
            companions={name: self.companion(fields[name]) for name in needed["version"]},
        )

    def companion(self, wanted: dict[str, Any]) -> Companion:
        """A version of another family, trained in seconds, that a field takes."""
        name = self.example.companions[wanted["x-operation"]]
        if name not in self.others:
            folder = self.folder / name
            folder.mkdir()
            self.others[name] = Subject(self.registry, self.registry.specs[name], folder)
        return Beside(self.others[name])

    def taken_by(self, wanted: dict[str, Any]) -> bytes:
        """What the worker would hand over for an artifact field that names a work or a generated result."""
        if self.example.parent is not None:
            assert self.weights
            return (self.folder / "works" / self.example.parent).read_bytes()
        role, accept = wanted.get("x-role", "output"), wanted.get("x-accept")
        fitting = (
            product.data
            for product in self.generated
            if product.role == role and (accept is None or product.media_type in accept)
        )
        return next(fitting)

    def dataset(self) -> Dataset:
        """The example's works as a data set."""
        folder = self.folder / "works"
        folder.mkdir(exist_ok=True)
        return self.example.works(folder)

    @cached_property
    def generated(self) -> list[Product]:
        """The files of one generated result."""
        generate = self.spec.description.operation("generate")
        (products,) = self.generate(self.load(), [self.request(generate)])
        return products

    def generate(self, loaded: Loaded, requests: Iterable[Request]) -> list[list[Product]]:
        """The products of each request, none of which may fail."""
        made = []
        for outcome in self.outcomes(loaded, list(requests)):
            assert not isinstance(outcome, AtelierError), outcome
            made.append(outcome)
        return made

    def outcomes(self, loaded: Loaded, requests: list[Request]) -> list[list[Product] | AtelierError]:
        """The products of each request, or its error."""
        return gather(self.engine.generate(loaded, requests), len(requests))


@dataclass
class Beside:
    """A subject as another family's companion, as the worker hands one over."""

    subject: Subject
    version_id: str = VERSION
    name: str = "Beside"
    dataset_hash: str | None = None

    @property
    def config(self) -> dict[str, Any]:
        return self.subject.trained.config

    @property
    def card(self) -> dict[str, Any]:
        return self.subject.trained.card

    @property
    def description(self) -> FamilyDescription:
        return self.subject.spec.description

    @cached_property
    def loaded(self) -> Loaded:
        return self.subject.load()

    def make(
        self, operation: str, inputs: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, bytes]] = ()
    ) -> list[list[Product] | AtelierError]:
        described = self.description.operation(operation)
        requests = [
            Request(
                f"beside{number}",
                operation,
                VERSION,
                check_input(described, given),
                dict(files[number]) if files else {},
            )
            for number, given in enumerate(inputs)
        ]
        return self.subject.outcomes(self.loaded, requests)


def run(trainer: Trainer, after_step: Callable[[], object] = lambda: None) -> list[Snapshot]:
    """Train to the end, with snapshots as the worker takes them."""
    snapshots = []
    while not trainer.done:
        trainer.step()
        if trainer.snapshot_due():
            snapshots.append(trainer.snapshot())
        after_step()
    return snapshots


def contents(products: Iterable[Product]) -> list[tuple[str, int, bytes]]:
    """What must be equal when two results are."""
    return [(product.role, product.position, product.data) for product in products]
