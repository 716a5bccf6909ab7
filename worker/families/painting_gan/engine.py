"""The painting GAN's engine: versions in, pictures out; and trainers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from shared.errors import AtelierError
from worker.family import Part, Request, TrainingJob

from .network_config import GeneratorConfig
from .painter import LoadedPainter
from .products import Piece, pieces_of, products_of
from .sampling import Draft, draft
from .trainer import PaintingTrainer
from .weights import build_generator


class PaintingEngine:
    """Serves versions and trains new ones."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> LoadedPainter:
        """Build the network of ``config`` and fill it. Raises BadFile or InvalidInput if they do not fit."""
        generator = build_generator(weights, GeneratorConfig.from_dict(config))
        return LoadedPainter(generator, device)

    def generate(self, loaded: LoadedPainter, requests: Sequence[Request]) -> Iterator[Part]:
        """Make every request's pictures in shared passes of the network's shape."""
        pieces: list[tuple[int, Piece]] = []
        for place, request in enumerate(requests):
            try:
                pieces += [(place, piece) for piece in pieces_of(request, _drafts(loaded, request))]
            except AtelierError as error:
                yield place, error
        levels = loaded.paint(one for _, piece in pieces for one in piece.drafts)
        for place, piece in pieces:
            yield place, partial(products_of, piece, list(islice(levels, len(piece.drafts))))

    def trainer(self, job: TrainingJob, device: str) -> PaintingTrainer:
        """A training from its job."""
        return PaintingTrainer(job, device)


@torch.inference_mode()
def _drafts(loaded: LoadedPainter, request: Request) -> list[Draft]:
    return draft(loaded.generator, request)


def create() -> PaintingEngine:
    """The engine of this family."""
    return PaintingEngine()
