"""A version in memory, and its passes of one fixed number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worker.vision.features import Eye, squared

from .judging import distances
from .version import Version

SHAPES = {"cpu": (1, 2, 4, 8, 16), "cuda": (1, 2, 4, 8, 16, 32, 64, 128)}
FIRST_SHAPE = {"cpu": 1, "cuda": 32}

Levels = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """What the network makes of a picture, on the CPU: probabilities of each head after its temperature, the
    last maps (channels, h, w), the look (d,), its distance to that of the third nearest learned work, and
    whether it lies inside of what is known.
    """

    probabilities: tuple[Tensor, ...]
    maps: Tensor
    feature: Tensor
    distance: float
    inside: bool


class LoadedJudge:
    """A version, ready to look. Every pass has ``shape`` rows, filled up where there are fewer."""

    def __init__(self, weights: Path, config: Mapping[str, Any], device: str) -> None:
        self.version = Version(weights, config)
        self.device = device
        self._kind = device.partition(":")[0]
        self.shape = FIRST_SHAPE[self._kind]
        network = self.version.network.to(device)
        self._known = self.version.works.features.float()
        self._eye = Eye(device)
        held = [*network.parameters(), *network.buffers(), self.version.works.features, self._known]
        self.nbytes = sum(one.numel() * one.element_size() for one in held) + self._eye.nbytes

    def shapes(self) -> Sequence[int]:
        """The shapes that may be tried."""
        return SHAPES[self._kind]

    def rehearse(self, shape: int) -> None:
        """Look at ``shape`` grey pictures."""
        pixels = self.version.network.config.pixels
        self._pass(torch.full((shape, 3, pixels, pixels), 127, dtype=torch.uint8))

    def look(self, pictures: Iterable[Levels]) -> Iterator[Seen]:
        """What is seen in each picture, uint8 (h, w, 3), in order, as the passes are done."""
        pixels = self.version.network.config.pixels
        waiting = iter(pictures)
        while taken := list(islice(waiting, self.shape)):
            batch = [squared(one, pixels) for one in taken]
            filled = batch + [torch.zeros_like(batch[0])] * (self.shape - len(batch))
            maps, logits = self._pass(torch.stack(filled))
            for place, picture in enumerate(taken):
                # Each row for itself: no row's figures may depend on how many came with it.
                yield self._seen(picture, maps[place].clone(), logits[place])

    @torch.inference_mode()
    def _pass(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        network = self.version.network
        maps = network.maps(levels.to(self.device).float() / 127.5 - 1.0)
        return maps.cpu().clone(), network.answers(maps.mean(dim=(2, 3))).float().cpu().clone()

    @torch.inference_mode()
    def _seen(self, picture: Levels, maps: Tensor, logits: Tensor) -> Seen:
        network, heads = self.version.network, self.version.judgement.heads
        likely = tuple(
            (part.double() / head.temperature).softmax(0)
            for part, head in zip(network.by_head(logits), heads, strict=True)
        )
        look = torch.from_numpy(self._eye.looks([picture]))
        near, far = (float(one[0]) for one in distances(look, self._known))
        return Seen(likely, maps, look[0], far, self.version.judgement.inside(near, far))
