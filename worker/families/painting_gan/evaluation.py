"""What a snapshot is worth: KID-lite1 beside its floor, copies of training pictures, and collapse."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.vision.efficientnet import load_lite
from worker.vision.kid import embed, kernel_distance

from .pictures import Pictures, to_float

MOST_COMPARED = 2000
#: Below this share of what held-out pictures keep from the training pictures, samples count as copies.
COPY_BOUND = 0.5
#: Below this share of the real pictures' spread, the generator counts as collapsed.
COLLAPSE_BOUND = 0.5


@dataclass(frozen=True)
class Scores:
    """``kid`` and ``floor`` (held-out pictures against training ones) are KID-lite1.

    ``nearest`` is the median distance of samples to their nearest training picture as a share of the same
    median for held-out pictures; ``spread`` the mean distance between samples as a share of that between
    real ones. ``neighbors`` holds the nearest training picture of each sample (index into the data set).
    """

    kid: float
    floor: float
    nearest: float
    spread: float
    neighbors: Tensor

    def metrics(self) -> dict[str, float]:
        """The figures that are recorded."""
        return {
            "kid_lite1": self.kid,
            "kid_lite1_floor": self.floor,
            "nearest_share": self.nearest,
            "spread_share": self.spread,
        }

    def notes(self) -> list[str]:
        """Warnings in plain words; none when all is well."""
        found = []
        if self.nearest < COPY_BOUND:
            found.append(
                f"Samples lie {self.nearest:.2f} times as far from their nearest training picture as unseen "
                f"pictures "
                f"do (warning below {COPY_BOUND}): the network may be copying. Use more pictures or stop "
                f"earlier."
            )
        if self.spread < COLLAPSE_BOUND:
            found.append(
                f"Samples differ {self.spread:.2f} times as much as real pictures do (warning below "
                f"{COLLAPSE_BOUND}): the network makes few kinds of picture (mode collapse)."
            )
        return found


class Evaluator:
    """Scores samples against held-out pictures. Features of the real ones are computed once."""

    def __init__(self, pictures: Pictures, device: str) -> None:
        self.device = device
        self.network: nn.Module = load_lite("lite1").to(device)
        compared = pictures.train
        if len(compared) > MOST_COMPARED:
            chosen = torch.randperm(len(compared), generator=torch.Generator().manual_seed(0))[:MOST_COMPARED]
            compared = compared[chosen].sort().values
        self.compared = compared
        self.train = self._embed(pictures.pixels[compared])
        self.held_out = self._embed(pictures.pixels[pictures.held_out])
        self.floor = kernel_distance(self.held_out, self.train)
        self.unseen_distance = float(nearest(self.held_out, self.train)[0].median())
        self.real_spread = mean_distance(self.train)

    def score(self, levels: Tensor) -> Scores:
        """Scores of samples, uint8 (n, 3, r, r)."""
        made = self._embed(levels)
        distances, indices = nearest(made, self.train)
        return Scores(
            kid=kernel_distance(made, self.held_out),
            floor=self.floor,
            nearest=float(distances.median()) / max(self.unseen_distance, 1e-6),
            spread=mean_distance(made) / max(self.real_spread, 1e-6),
            neighbors=self.compared[indices],
        )

    def _embed(self, levels: Tensor) -> Tensor:
        return embed(self.network, to_float(levels).to(self.device)).cpu()


def nearest(features: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine distance to, and index of, the nearest row of ``among`` for each row of ``features``."""
    similarity = F.normalize(features, dim=1) @ F.normalize(among, dim=1).T
    best = similarity.max(dim=1)
    return 1.0 - best.values, best.indices


def mean_distance(features: Tensor) -> float:
    """Mean cosine distance between different rows."""
    unit = F.normalize(features, dim=1)
    count = len(unit)
    return float(1.0 - ((unit @ unit.T).sum() - count) / (count * (count - 1)))
