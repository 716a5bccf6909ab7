"""The music RNN's engine: versions in, pieces and analyses out; and trainers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from shared.errors import AtelierError
from worker.family import Part, Request, TrainingJob

from .analysis import analysis_of
from .drafting import Wish
from .loaded import LoadedMusician
from .products import pieces_of
from .requests import wishes_of
from .trainer import MusicTrainer


class MusicEngine:
    """Serves versions and trains new ones."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> LoadedMusician:
        """Build the network of ``config`` and fill it. Raises BadFile or InvalidInput if they do not fit."""
        return LoadedMusician(weights, config, device)

    def generate(self, loaded: LoadedMusician, requests: Sequence[Request]) -> Iterator[Part]:
        """Write every request's pieces together, in passes of the network's shape."""
        wishes: list[Wish] = []
        owners: list[tuple[int, int]] = []
        for place, request in enumerate(requests):
            try:
                if request.operation == "analyze":
                    yield place, analysis_of(loaded, request)
                    continue
                asked = wishes_of(loaded.version, request)
            except AtelierError as error:
                yield place, error
                continue
            wishes += asked
            owners += [(place, position) for position in range(len(asked))]
        for number, codes in loaded.make(wishes):
            place, position = owners[number]
            yield place, partial(pieces_of, loaded.version, requests[place], position, wishes[number], codes)

    def trainer(self, job: TrainingJob, device: str) -> MusicTrainer:
        """A training from its job."""
        return MusicTrainer(job, device)


def create() -> MusicEngine:
    """The engine of this family."""
    return MusicEngine()
