"""The sampler as a family's engine: one small file for each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor

from bench.recurrent.network import Sampler, make_sampler
from worker.family import Part, Product, Request

SHAPES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class LoadedSampler:
    """The network in memory; every pass samples ``shape`` sequences."""

    def __init__(self, network: Sampler) -> None:
        self.network = network
        self.shape = 1
        self.nbytes = sum(one.numel() * one.element_size() for one in network.parameters())

    def shapes(self) -> Sequence[int]:
        """The shapes that may be tried."""
        return SHAPES

    def rehearse(self, shape: int) -> None:
        """Sample ``shape`` sequences."""
        self.network.sample(range(shape))


class RecurrentEngine:
    """Serves the sampler."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> LoadedSampler:
        """The network of the file ``weights``."""
        network = Sampler()
        network.load_state_dict(load_file(weights))
        return LoadedSampler(network.eval().requires_grad_(False).to(device))

    def generate(self, loaded: LoadedSampler, requests: Sequence[Request]) -> Iterator[Part]:
        """Each request's tokens in passes of the network's shape."""
        shape = loaded.shape
        for start in range(0, len(requests), shape):
            seeds = [int(request.input["seed"]) for request in requests[start : start + shape]]
            rows = loaded.network.sample(seeds + [seeds[-1]] * (shape - len(seeds)))
            for place, row in enumerate(rows[: len(seeds)], start):
                yield place, partial(products_of, requests[place], row)


def products_of(request: Request, row: Tensor) -> list[Product]:
    """The file of one request."""
    recipe = {"version": request.version_id, "operation": request.operation, "input": request.input}
    return [
        Product("output", "tokens.bin", "application/octet-stream", row.numpy().tobytes(), recipe=recipe)
    ]


def weights_file() -> bytes:
    """The version as a safetensors file."""
    return save(dict(make_sampler().state_dict()))


def create() -> RecurrentEngine:
    """The entry point named in FAMILY."""
    return RecurrentEngine()
