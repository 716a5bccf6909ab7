"""A version: its network, the music it learned from, and how both are written down and read again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shared.errors import BadFile, InvalidInput
from worker.music import copying
from worker.weights_file import read_weights

from .layouts import AnyLayout, layout_of
from .network import MusicNetwork
from .network_config import NetworkConfig
from .style import Style

#: Names of the tensors that hold the music of the training set begin so.
CORPUS = "corpus."


def version_config(
    layout: AnyLayout,
    config: NetworkConfig,
    style: Style,
    corpus: copying.Corpus,
    bound: int,
    usual_nll: float | None,
) -> dict[str, Any]:
    """What ``build_version`` needs besides the weights. ``bound``: a longer shared run counts as copied;
    ``usual_nll``: how well unseen pieces are foretold, in nats a slot.
    """
    sizes = {name: len(array) for name, array in corpus.to_arrays().items()}
    return {
        "layout": layout.to_dict(),
        "network": config.to_dict(),
        "style": style.to_dict(),
        "corpus": sizes,
        "shared_bound": bound,
        "usual_nll": usual_nll,
    }


def version_weights(network: MusicNetwork, corpus: copying.Corpus) -> dict[str, Tensor]:
    """Every tensor of a version, detached copies on the CPU."""
    weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    return weights | {CORPUS + name: torch.from_numpy(array) for name, array in corpus.to_arrays().items()}


class Version:
    """A version in memory."""

    def __init__(self, weights: Path, config: Mapping[str, Any]) -> None:
        """Build the network of ``config`` and fill it from ``weights``.

        Raises:
            InvalidInput: the description cannot be used.
            BadFile: (``wrong_weights``) the file does not fit it.
        """
        try:
            layout = layout_of(config["layout"])
            network_config = NetworkConfig.from_dict(config["network"])
            self.style = Style.from_dict(config["style"])
            sizes = {str(name): int(size) for name, size in config["corpus"].items()}
            self.bound = int(config["shared_bound"])
            usual = config.get("usual_nll")
            self.usual_nll = None if usual is None else float(usual)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise InvalidInput("The version's description of its network cannot be read.") from error
        self.layout: AnyLayout = layout
        self.network = MusicNetwork(layout, network_config).eval().requires_grad_(False)
        state = read_weights(weights, {**self.network.state_dict(), **_empty(sizes)})
        arrays = {
            name.removeprefix(CORPUS): state.pop(name).numpy()
            for name in list(state)
            if name.startswith(CORPUS)
        }
        try:
            self.corpus = copying.Corpus.from_arrays(arrays)
        except ValueError as error:
            raise BadFile(
                "The weights hold no music that could be compared with.", code="wrong_weights"
            ) from error
        self.network.load_state_dict(state)


def _empty(sizes: Mapping[str, int]) -> dict[str, Tensor]:
    """Tensors of the types and sizes of a corpus, to compare a file with."""
    none = {name: torch.from_numpy(array) for name, array in copying.Corpus.of([]).to_arrays().items()}
    if set(none) != set(sizes) or not all(0 <= size <= 1 << 28 for size in sizes.values()):
        raise InvalidInput("The version's description of its music cannot be used.")
    return {
        CORPUS + name: torch.empty(sizes[name], dtype=one.dtype, device="meta") for name, one in none.items()
    }
