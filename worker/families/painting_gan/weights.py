"""A version's weights: what is written, and how they become a generator again."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from worker.weights_file import read_weights

from .generator import Generator
from .network_config import GeneratorConfig


def generator_weights(generator: Generator) -> dict[str, Tensor]:
    """Every tensor of a version, detached copies on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in generator.state_dict().items()}


def build_generator(path: Path, config: GeneratorConfig) -> Generator:
    """The generator of ``config`` with the weights in ``path``. Raises BadFile (``wrong_weights``)."""
    generator = Generator(config)
    generator.load_state_dict(read_weights(path, generator.state_dict()))
    return generator
