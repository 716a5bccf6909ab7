"""A version's file of weights, matched to its network before a number of it counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from shared.errors import BadFile


def read_weights(path: Path, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors in ``path``, a safetensors file, under the names, shapes and types of ``expected``.

    Raises BadFile (``wrong_weights``) when names, shapes or types differ, a number is not finite, or the
    file is no safetensors file. Names and shapes are compared from the header, before any tensor is read.
    """
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
    return state


def _compare(found: dict[str, tuple[int, ...]], expected: Mapping[str, Tensor]) -> None:
    strange = sorted(set(found) ^ set(expected))
    if strange:
        raise BadFile(f"The weights do not fit this network (first at {strange[0]}).", code="wrong_weights")
    for name, shape in found.items():
        if shape != tuple(expected[name].shape):
            raise BadFile(f"The weights hold {name} in the wrong shape.", code="wrong_weights")
