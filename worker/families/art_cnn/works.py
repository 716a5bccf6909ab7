"""The pictures that a version learned from, as it remembers them: features, and who they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from shared.errors import BadFile
from worker.family import Item

#: A version remembers at most so many pictures: nine megabytes.
MOST_REMEMBERED = 2000
FEATURES, ENTRIES = "works.features", "works.entries"


@dataclass(frozen=True)
class Works:
    """``features`` are looks (``worker.vision.features``), float16 (n, d); ``entries`` the pictures'
    ``{hash, name, labels}``.

    Looks come from the package's own weights: what this version learned draws the pictures of a class
    together, and strangers into them.
    """

    features: Tensor
    entries: list[dict[str, Any]]

    @staticmethod
    def of(items: Sequence[Item], features: Tensor) -> Works:
        """Remember ``items``, or as many of them as there is room for, at even distances."""
        step = max(1, -(-len(items) // MOST_REMEMBERED))
        entries = [
            {"hash": item.hash, "name": item.name, "labels": dict(sorted(item.labels.items()))}
            for item in items[::step]
        ]
        return Works(features[::step].to(torch.float16), entries)

    def tensors(self) -> dict[str, Tensor]:
        """As they are written into a version's file."""
        text = json.dumps(self.entries, ensure_ascii=False, separators=(",", ":")).encode()
        return {FEATURES: self.features, ENTRIES: torch.from_numpy(np.frombuffer(text, np.uint8).copy())}

    @staticmethod
    def from_tensors(features: Tensor, entries: Tensor) -> Works:
        """Read ``tensors`` again. Raises BadFile (wrong_weights)."""
        try:
            found = json.loads(entries.numpy().tobytes())
            if len(found) != len(features) or not all(isinstance(one, dict) for one in found):
                raise ValueError("they do not belong together")
        except (ValueError, TypeError) as error:
            raise BadFile("The version's list of works cannot be read.", code="wrong_weights") from error
        return Works(features, found)

    def nearest(self, feature: Tensor, count: int) -> list[tuple[int, float]]:
        """The places and cosine distances of the works nearest to a unit vector (d,), the nearest first."""
        if not len(self.features):
            return []
        # Half precision leaves a unit vector a little longer or shorter than one.
        distance = (1.0 - self.features.float() @ feature.float()).clamp_min(0.0)
        order = torch.argsort(distance, stable=True)[:count]
        return [(int(place), round(float(distance[place]), 4)) for place in order]
