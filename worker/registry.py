"""Finds the families and checks them before anything runs: a broken one stops the worker at once."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module

import worker.families
from shared.catalogue import FamilyDescription, OperationDescription, check_schema
from shared.errors import ConfigurationError, NotFound
from shared.lifecycle import LANES
from worker.family import Engine, FamilySpec

#: Heavy packages that only a child may import.
CHILD_ONLY = ("torch", "numpy")


@dataclass
class Registry:
    """The families of this worker by name. Engines are imported on first use, in the child."""

    specs: dict[str, FamilySpec]
    _engines: dict[str, Engine] = field(default_factory=dict)

    def descriptions(self) -> list[FamilyDescription]:
        """What is announced to the catalogue, in the order of discovery."""
        return [spec.description for spec in self.specs.values()]

    def serving(self, lanes: Iterable[str]) -> list[str]:
        """The names of the families that have an operation in one of ``lanes``."""
        wanted = set(lanes)
        return [
            name
            for name, spec in self.specs.items()
            if any(operation.lane in wanted for operation in spec.description.operations)
        ]

    def operation(self, family: str, operation: str) -> OperationDescription:
        """The description of one operation.

        Raises:
            ConfigurationError: if this worker has no such family or operation.
        """
        try:
            return self.specs[family].description.operation(operation)
        except (KeyError, NotFound):
            raise ConfigurationError(f"this worker knows no operation {family}.{operation}") from None

    def engine(self, family: str) -> Engine:
        """The engine of ``family``, imported once.

        Raises:
            ConfigurationError: if it cannot be imported or made.
        """
        if family not in self._engines:
            self._engines[family] = _make_engine(self.specs[family])
        return self._engines[family]


def discover(extra: str = "") -> Registry:
    """Every family under worker/families and every module named in ``extra`` (comma-separated).

    Raises:
        ConfigurationError: naming the family and what is wrong with it.
    """
    specs: dict[str, FamilySpec] = {}
    for module_name in (*_built_in(), *(part.strip() for part in extra.split(",") if part.strip())):
        spec = _read(module_name)
        name = spec.description.name
        if name in specs:
            raise ConfigurationError(f"two families are named {name!r}; the second is {module_name}")
        specs[name] = spec
    return Registry(specs)


def _built_in() -> Iterator[str]:
    for module in pkgutil.iter_modules(worker.families.__path__, "worker.families."):
        yield module.name


def _read(module_name: str) -> FamilySpec:
    before = {name for name in CHILD_ONLY if name in sys.modules}
    try:
        module = import_module(module_name)
    except Exception as error:
        raise ConfigurationError(
            f"the family {module_name} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    for name in CHILD_ONLY:
        if name in sys.modules and name not in before:
            raise ConfigurationError(
                f"the family {module_name} imports {name} when it is described; import it in its engine only"
            )
    spec = getattr(module, "FAMILY", None)
    if not isinstance(spec, FamilySpec):
        raise ConfigurationError(f"the family {module_name} has no FAMILY of type worker.family.FamilySpec")
    _check(module_name, spec)
    return spec


def _check(module_name: str, spec: FamilySpec) -> None:
    if spec.engine.count(":") != 1:
        raise ConfigurationError(f"the family {module_name}: engine {spec.engine!r} is not 'module:callable'")
    if not spec.description.operations:
        raise ConfigurationError(f"the family {module_name} has no operations")
    for operation in spec.description.operations:
        check_schema(spec.description.name, operation)
        where = f"the family {spec.description.name} is broken: its operation {operation.name}"
        if operation.input_schema.get("additionalProperties") is not False:
            raise ConfigurationError(f"{where} accepts unknown fields (additionalProperties must be false)")
        if operation.lane not in LANES:
            raise ConfigurationError(f"{where} has the lane {operation.lane!r}; there is {', '.join(LANES)}")


def _make_engine(spec: FamilySpec) -> Engine:
    module_name, _, attribute = spec.engine.partition(":")
    try:
        engine: Engine = getattr(import_module(module_name), attribute)()
    except Exception as error:
        raise ConfigurationError(
            f"the engine of the family {spec.description.name} ({spec.engine}) cannot be started: "
            f"{type(error).__name__}: {error}"
        ) from error
    return engine
