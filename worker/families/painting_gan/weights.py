"""A version's weights: what is written, and how they are matched to the network before they count."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from shared.errors import BadFile

from .generator import Generator
from .network_config import GeneratorConfig


def generator_weights(generator: Generator) -> dict[str, Tensor]:
    """Every tensor of a version, detached copies on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in generator.state_dict().items()}


def build_generator(path: Path, config: GeneratorConfig) -> Generator:
    """The generator of ``config`` with the weights in ``path``, a safetensors file.

    Raises BadFile (``wrong_weights``) when names, shapes or types differ, a number is not finite, or the
    file is no safetensors file. Names and shapes are compared from the header, before any tensor is read.
    """
    generator = Generator(config)
    expected = generator.state_dict()
    try:
        with safe_open(path, framework="pt") as file:
            _compare({name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}, expected)  # noqa: SIM118
            state = {name: file.get_tensor(name) for name in expected}
    except (SafetensorError, OSError, ValueError) as error:
        raise BadFile("The weights are not a readable safetensors file.", code="wrong_weights") from error
    for name, value in state.items():
        if value.dtype != expected[name].dtype:
            raise BadFile(f"The weights hold {name} in the wrong type.", code="wrong_weights")
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise BadFile(f"The weights hold {name} with numbers that are not finite.", code="wrong_weights")
    generator.load_state_dict(state)
    return generator


def _compare(found: dict[str, tuple[int, ...]], expected: dict[str, Tensor]) -> None:
    strange = sorted(set(found) ^ set(expected))
    if strange:
        raise BadFile(f"The weights do not fit this network (first at {strange[0]}).", code="wrong_weights")
    for name, shape in found.items():
        if shape != tuple(expected[name].shape):
            raise BadFile(f"The weights hold {name} in the wrong shape.", code="wrong_weights")
