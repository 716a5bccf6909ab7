"""Snapshots: the grid people watch, the scores, and the best generator so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from worker.breathing import breathe
from worker.family import Product, Snapshot

from .evaluation import Evaluator, Scores
from .generator import Generator
from .grids import grid_product, paired
from .network_config import GeneratorConfig
from .options import TrainOptions
from .pictures import Pictures, to_levels
from .weights import generator_weights

SAMPLES = 192
_PAIRS = 32
_CHUNK = 16
_SEED = 20_140_610
#: Thousands of pictures at which early grids come; after the last, one every ``snapshot_kimg``.
_EARLY = (0.25, 0.5, 1.0, 2.0)
_GRIDS_A_SCORE = 4


@dataclass(frozen=True)
class Best:
    """The best scored generator: its step, metrics and weights."""

    step: int
    metrics: dict[str, float]
    weights: dict[str, Tensor]


class Snapshots:
    """Takes snapshots at fixed steps with fixed latents; owns no randomness of the training."""

    def __init__(
        self, options: TrainOptions, pictures: Pictures, config: GeneratorConfig, device: str
    ) -> None:
        self.options, self.pictures, self.config, self.device = options, pictures, config, device
        self.best: Best | None = None
        self.history: list[dict[str, float]] = []
        self.latest_step = -1
        self._evaluator: Evaluator | None = None
        source = torch.Generator().manual_seed(_SEED)
        self._z = torch.randn(SAMPLES, config.z_dim, generator=source)
        chosen = torch.randint(0, len(pictures.train), (SAMPLES,), generator=source)
        self._labels = None if pictures.labels is None else pictures.labels[pictures.train[chosen]]
        per_step = options.batch / 1000.0
        self._every = max(1, round(options.snapshot_kimg / per_step))
        self._early = {max(1, round(kimg / per_step)) for kimg in _EARLY if kimg < options.snapshot_kimg}

    def due(self, step: int) -> bool:
        """Whether a grid is taken after ``step``."""
        return step in self._early or step % self._every == 0

    def take(self, average: Generator, step: int, last: bool) -> Snapshot:
        """A grid; with scores at every fourth regular one and at the last."""
        scored = last or step % (self._every * _GRIDS_A_SCORE) == 0
        shown = 64 if self.config.resolution <= 128 else 36
        levels = self._sample(average, SAMPLES if scored else shown)
        meta: dict[str, object] = {"step": step, "kimg": step * self.options.batch / 1000.0}
        columns = round(shown**0.5)
        grid = grid_product("grid", f"samples-{step:07d}.png", levels[:shown], columns, step, meta)
        if not scored:
            return Snapshot([grid])
        scores = self._score(levels)
        self._remember(average, step, scores)
        products = [grid, self._pairs(levels, scores, step)]
        return Snapshot(products, scores.metrics(), scores.notes())

    def final_products(self, best: Best) -> list[Product]:
        """The sample grid of the version itself."""
        generator = Generator(self.config).to(self.device).eval().requires_grad_(False)
        generator.load_state_dict(best.weights)
        meta: dict[str, object] = {"step": best.step, **best.metrics}
        return [grid_product("sample", "samples.png", self._sample(generator, 64), 8, 0, meta)]

    def state(self) -> dict[str, Any]:
        """What a restored training goes on with."""
        best = self.best
        kept = None if best is None else {"step": best.step, "metrics": best.metrics, "weights": best.weights}
        return {"best": kept, "history": self.history, "latest_step": self.latest_step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        kept = state["best"]
        self.best = None if kept is None else Best(kept["step"], kept["metrics"], kept["weights"])
        self.history, self.latest_step = state["history"], state["latest_step"]

    def _score(self, levels: Tensor) -> Scores:
        if self._evaluator is None:
            self._evaluator = Evaluator(self.pictures, self.device)
        return self._evaluator.score(levels)

    def _remember(self, average: Generator, step: int, scores: Scores) -> None:
        metrics = scores.metrics()
        self.latest_step = step
        self.history.append({"step": float(step), "kimg": step * self.options.batch / 1000.0, **metrics})
        if self.best is None or metrics["kid_lite1"] < self.best.metrics["kid_lite1"]:
            self.best = Best(step, metrics, centered_weights(average, self.config))

    def _pairs(self, levels: Tensor, scores: Scores, step: int) -> Product:
        neighbors = self.pictures.pixels[scores.neighbors[:_PAIRS]]
        meta: dict[str, object] = {"step": step, "nearest_share": scores.nearest}
        both = paired(levels[:_PAIRS], neighbors)
        return grid_product("report", f"nearest-{step:07d}.png", both, 8, step, meta)

    @torch.no_grad()
    def _sample(self, generator: Generator, count: int) -> Tensor:
        source = torch.Generator().manual_seed(_SEED + 1)
        found = []
        for start in range(0, count, _CHUNK):
            breathe()
            z = self._z[start : start + _CHUNK]
            noise = [x.to(self.device) for x in generator.draw_noise(len(z), source)]
            labels = None if self._labels is None else self._labels[start : start + len(z)].to(self.device)
            found.append(to_levels(generator(z.to(self.device), labels, noise)).cpu())
        return torch.cat(found)[:count]


@torch.no_grad()
def centered_weights(average: Generator, config: GeneratorConfig) -> dict[str, Tensor]:
    """The version's weights, with the mean style of each class measured over 4,096 latents."""
    source = torch.Generator().manual_seed(_SEED + 2)
    z = torch.randn(4096, config.z_dim, generator=source).to(average.w_center.device)
    centers = []
    for index in range(max(1, len(config.classes))):
        labels = torch.full((len(z),), index, device=z.device) if config.classes else None
        centers.append(average.mapping(z, labels).mean(dim=0))
    weights = generator_weights(average)
    weights["w_center"] = torch.stack(centers).cpu()
    return weights
