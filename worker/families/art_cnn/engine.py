"""The art CNN's engine: pictures in, judgements out; and trainers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from shared.errors import AtelierError
from worker.family import Part, Request, TrainingJob
from worker.vision.reading import read_picture

from .analysis import analysis_products, told_of
from .evaluation import evaluate
from .loaded import Levels, LoadedJudge
from .survey import survey
from .trainer import ArtTrainer


class ArtEngine:
    """Serves versions and trains new ones."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> LoadedJudge:
        """Build the network of ``config`` and fill it. Raises BadFile or InvalidInput if they do not fit."""
        return LoadedJudge(weights, config, device)

    def generate(self, loaded: LoadedJudge, requests: Sequence[Request]) -> Iterator[Part]:
        """Look at every request's picture in shared passes; surveys and evaluations each for themselves."""
        places: list[int] = []
        pictures: list[Levels] = []
        for place, request in enumerate(requests):
            try:
                if request.operation == "analyze":
                    pictures.append(_picture(request))
                    places.append(place)
                else:
                    yield place, _WHOLE[request.operation](loaded, request)
            except AtelierError as error:
                yield place, error
        for place, picture, seen in zip(places, pictures, loaded.look(pictures), strict=True):
            told = told_of(loaded.version, seen, full=bool(requests[place].input["full"]))
            yield place, partial(analysis_products, loaded.version, requests[place], picture, told)

    def trainer(self, job: TrainingJob, device: str) -> ArtTrainer:
        """A training from its job."""
        return ArtTrainer(job, device)


_WHOLE = {"survey": survey, "evaluate": evaluate}


def _picture(request: Request) -> Levels:
    return read_picture(request.files["picture"], "picture", foreign="picture" in request.foreign)


def create() -> ArtEngine:
    """The engine of this family."""
    return ArtEngine()
