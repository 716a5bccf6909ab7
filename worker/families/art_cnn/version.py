"""A version: its network, how it judges, and the works it learned from, written down and read again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.errors import InvalidInput
from worker.advice.usual import Usual
from worker.picture.comparing import comparable
from worker.vision.features import LOOK
from worker.weights_file import read_weights

from .judging import Judgement
from .network import ArtNetwork
from .network_config import NetworkConfig
from .works import ENTRIES, FEATURES, MOST_REMEMBERED, Works


def version_config(
    network: ArtNetwork, judgement: Judgement, works: Works, usual: Usual, side: int
) -> dict[str, Any]:
    """What ``Version`` needs besides the weights. ``side``: the longer side of most works, in pixels."""
    tensors = works.tensors()
    return {
        "network": network.config.to_dict(),
        "judgement": judgement.to_dict(),
        "works": {name: list(tensors[name].shape) for name in (FEATURES, ENTRIES)},
        "usual": usual.to_dict(),
        "side": side,
    }


def version_weights(network: ArtNetwork, works: Works) -> dict[str, Tensor]:
    """Every tensor of a version: half precision, detached copies on the CPU."""
    return {**halves(network), **works.tensors()}


def halves(network: ArtNetwork) -> dict[str, Tensor]:
    """The network's own tensors in half precision, as a version keeps them."""
    return {
        name: value.detach().cpu().to(torch.float16) if value.is_floating_point() else value.detach().cpu()
        for name, value in network.own_state().items()
    }


def fill(network: ArtNetwork, state: Mapping[str, Tensor]) -> None:
    """Give a network without norms its own tensors."""
    own = network.own_state()
    for name, value in state.items():
        own[name].copy_(value)


class Version:
    """A version in memory, on the CPU."""

    def __init__(self, weights: Path, config: Mapping[str, Any]) -> None:
        """Build the network of ``config`` and fill it from ``weights``.

        Raises:
            InvalidInput: the description cannot be used.
            BadFile: (``wrong_weights``) the file does not fit it.
        """
        try:
            network_config = NetworkConfig.from_dict(config["network"])
            self.judgement = Judgement.from_dict(config["judgement"])
            features, entries = (tuple(map(int, config["works"][name])) for name in (FEATURES, ENTRIES))
            self._usual, self._side = Usual.of(config["usual"]), int(config["side"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InvalidInput("The version's description of itself cannot be read.") from error
        if (len(self.judgement.heads), len(features), len(entries)) != (len(network_config.heads), 2, 1):
            raise InvalidInput("The version's description of itself cannot be used.")
        if not 0 <= features[0] <= MOST_REMEMBERED or not 0 <= entries[0] <= 1 << 28:
            raise InvalidInput("The version's description of itself cannot be used.")
        self.network = ArtNetwork(network_config).eval().requires_grad_(False)
        if features[1] != LOOK:
            raise InvalidInput("The version's description of itself cannot be used.")
        expected = {
            FEATURES: torch.empty(features, dtype=torch.float16, device="meta"),
            ENTRIES: torch.empty(entries, dtype=torch.uint8, device="meta"),
            **halves(self.network),
        }
        state = read_weights(weights, expected)
        self.works = Works.from_tensors(state.pop(FEATURES), state.pop(ENTRIES))
        fill(self.network, state)

    def usual_for(self, picture: NDArray[np.uint8]) -> Usual:
        """What is usual among the works, of the figures in which a picture (h, w, 3) can be compared."""
        return comparable(self._usual, max(picture.shape[:2]), self._side)
