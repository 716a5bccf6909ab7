"""Other versions that a job puts to work, through the networks in memory that serve jobs of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared import library
from shared.catalogue import FamilyDescription, check_input
from shared.errors import AtelierError, ConfigurationError
from worker.family import Generator, Product, Request
from worker.serving.loading import load_network
from worker.serving.place import Place

NO_JOB = "companion"


class ServedCompanion:
    """A version at work for another. ``check`` raises when the job must stop: it is asked before each call.

    Raises NotFound when there is no such version.
    """

    def __init__(self, place: Place, check: Callable[[], None], version_id: str) -> None:
        self._place, self._check = place, check
        self._version = library.get_version(place.db, version_id)
        self.name = library.model_by_id(place.db, self._version.model_id).title

    @property
    def version_id(self) -> str:
        """The SHA-256 of its weights."""
        return self._version.id

    @property
    def config(self) -> Mapping[str, Any]:
        """What its network is built from."""
        return self._version.config

    @property
    def card(self) -> Mapping[str, Any]:
        """Its model card."""
        return self._version.card

    @property
    def dataset_hash(self) -> str | None:
        """The data set it was trained from."""
        return self._version.dataset_hash

    @property
    def description(self) -> FamilyDescription:
        """What its family can do. Raises ConfigurationError when this worker does not serve it."""
        try:
            return self._place.registry.specs[self._version.family].description
        except KeyError:
            raise ConfigurationError(f"this worker does not serve {self._version.family}") from None

    def make(
        self, operation: str, inputs: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, bytes]] = ()
    ) -> list[list[Product] | AtelierError]:
        """See ``worker.family.Companion``."""
        self._check()
        described = self.description.operation(operation)
        engine = self._place.registry.engine(self._version.family)
        if not isinstance(engine, Generator):
            raise ConfigurationError(f"{self._version.family} serves no versions")
        loaded = load_network(self._place, engine, self._version.id)
        requests = [
            Request(
                f"{NO_JOB}-{number}",
                operation,
                self._version.id,
                check_input(described, given),
                dict(files[number]) if files else {},
            )
            for number, given in enumerate(inputs)
        ]
        made: list[list[Product]] = [[] for _ in requests]
        errors: dict[int, AtelierError] = {}
        for place, part in engine.generate(loaded, requests):
            if isinstance(part, AtelierError):
                errors[place] = part
            else:
                made[place] += part()
        return [errors.get(number, products) for number, products in enumerate(made)]
