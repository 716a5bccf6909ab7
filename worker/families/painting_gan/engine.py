"""The painting GAN's engine: versions in, pictures out; and trainers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shared.errors import AtelierError
from worker.family import Product, Request, TrainingJob

from .generator import Generator
from .network_config import GeneratorConfig
from .pictures import to_levels
from .products import products_of
from .sampling import Draft, draft, noise_of
from .trainer import PaintingTrainer
from .weights import build_generator

#: Every forward pass has this many pictures (filled up where there are fewer), so that neighbors in a batch
#: cannot change a picture's bytes. On a CPU larger batches were slower.
BATCH_SHAPE = {"cpu": 1, "cuda": 32}


@dataclass(frozen=True)
class LoadedPainter:
    """A generator in memory."""

    generator: Generator
    device: str
    nbytes: int


class PaintingEngine:
    """Serves versions and trains new ones."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> LoadedPainter:
        """Build the network of ``config`` and fill it. Raises BadFile or InvalidInput if they do not fit."""
        generator = build_generator(weights, GeneratorConfig.from_dict(config)).eval().requires_grad_(False)
        generator.to(device)
        generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        held = [*generator.parameters(), *generator.buffers()]
        return LoadedPainter(generator, device, sum(x.numel() * x.element_size() for x in held))

    def generate(
        self, loaded: LoadedPainter, requests: Sequence[Request]
    ) -> list[list[Product] | AtelierError]:
        """Make every request's pictures in shared forward passes of one fixed shape."""
        drafts: list[list[Draft] | AtelierError] = []
        with torch.inference_mode():
            for request in requests:
                try:
                    drafts.append(draft(loaded.generator, request))
                except AtelierError as error:
                    drafts.append(error)
            wanted = [one for found in drafts if isinstance(found, list) for one in found]
            levels = iter(render(loaded, wanted))
        results: list[list[Product] | AtelierError] = []
        for request, found in zip(requests, drafts, strict=True):
            if isinstance(found, AtelierError):
                results.append(found)
            else:
                results.append(products_of(request, found, [next(levels) for _ in found]))
        return results

    def trainer(self, job: TrainingJob, device: str) -> PaintingTrainer:
        """A training from its job."""
        return PaintingTrainer(job, device)


def render(loaded: LoadedPainter, drafts: Sequence[Draft]) -> list[Tensor]:
    """uint8 (3, r, r) on the CPU for each draft."""
    shape = BATCH_SHAPE["cuda" if loaded.device.startswith("cuda") else "cpu"]
    generator = loaded.generator
    found: list[Tensor] = []
    for start in range(0, len(drafts), shape):
        part = list(drafts[start : start + shape])
        filled = part + [part[-1]] * (shape - len(part))
        ws = torch.stack([one.ws.to(loaded.device) for one in filled])
        maps = zip(*(noise_of(generator, one.noise_seed) for one in filled), strict=True)
        noise = [torch.cat(stage).to(loaded.device) for stage in maps]
        found.extend(to_levels(generator.synthesize(ws, noise)).cpu()[: len(part)])
    return found


def create() -> PaintingEngine:
    """The engine of this family."""
    return PaintingEngine()
