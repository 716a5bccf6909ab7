"""The muse's engine: versions in, reports out; and trainers that get to know collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.errors import AtelierError, Canceled, HandBack, LeaseLost
from worker.family import Part, Product, Request, TrainingJob

from .advising import advise
from .inspiring import inspire
from .loaded import LoadedMuse
from .trainer import MuseTrainer
from .trying import until


class MuseEngine:
    """Serves versions and trains new ones."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> LoadedMuse:
        """Read the collection. Raises BadFile or InvalidInput if the weights and the config do not fit."""
        return LoadedMuse(weights, config, device)

    def generate(self, loaded: LoadedMuse, requests: Sequence[Request]) -> Iterator[Part]:
        """Answer each request by itself; works that are kept come as soon as they are found.

        Raises:
            Canceled, LeaseLost, HandBack: the work must stop.
        """
        for place, request in enumerate(requests):
            try:
                for products in _parts(loaded, request):
                    yield place, _ready(products)
            except (Canceled, LeaseLost, HandBack):
                raise  # The work must stop; the request did not fail.
            except AtelierError as error:
                yield place, error

    def trainer(self, job: TrainingJob, device: str) -> MuseTrainer:
        """An index in the making, from its job."""
        return MuseTrainer(job, device)


def _parts(loaded: LoadedMuse, request: Request) -> Iterator[list[Product]]:
    if request.operation == "until":
        yield from until(loaded, request)
    else:
        yield {"inspire": inspire, "advise": advise}[request.operation](loaded, request)


def _ready(products: list[Product]) -> Callable[[], list[Product]]:
    return lambda: products


def create() -> MuseEngine:
    """The engine of this family."""
    return MuseEngine()
