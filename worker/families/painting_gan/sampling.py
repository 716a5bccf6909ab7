"""From a request to the styles and noise of each picture it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from shared.errors import InvalidInput
from worker.family import Request
from worker.schemas import LARGEST_SEED

from .generator import Generator
from .latents import read_latent


@dataclass(frozen=True)
class Draft:
    """One picture to be made: styles (layers, w_dim), where its noise comes from, and the input that makes
    it alone.
    """

    ws: Tensor
    noise_seed: int
    input: dict[str, Any]


@dataclass(frozen=True)
class Point:
    """A place in style space."""

    ws: Tensor
    noise_seed: int


def draft(generator: Generator, request: Request) -> list[Draft]:
    """The pictures of a request in order. Raises InvalidInput or BadFile, naming the field."""
    return _DRAFTERS[request.operation](generator, request)


def _generate(generator: Generator, request: Request) -> list[Draft]:
    drafts = []
    for offset in range(int(request.input["count"])):
        seed = (int(request.input["seed"]) + offset) % (LARGEST_SEED + 1)
        point = from_seed(generator, seed, request.input)
        drafts.append(Draft(point.ws, point.noise_seed, {**request.input, "seed": seed, "count": 1}))
    return drafts


def _mix(generator: Generator, request: Request) -> list[Draft]:
    first, second = _ends(generator, request)
    weight = torch.zeros(generator.config.layers, 1)
    weight[layer_range(str(request.input["layers"]), generator.config.layers)] = float(
        request.input["amount"]
    )
    return [Draft(torch.lerp(first.ws, second.ws, weight), first.noise_seed, dict(request.input))]


def _interpolate(generator: Generator, request: Request) -> list[Draft]:
    first, second = _ends(generator, request)
    frames = int(request.input["frames"])
    steps = [index / (frames - 1) for index in range(frames)]
    return [
        Draft(torch.lerp(first.ws, second.ws, step), first.noise_seed, dict(request.input)) for step in steps
    ]


def _neighbors(generator: Generator, request: Request) -> list[Draft]:
    origin = _point(generator, request, "parent", "parent_seed")
    drafts = []
    for offset in range(int(request.input["count"])):
        seed = (int(request.input["seed"]) + offset) % (LARGEST_SEED + 1)
        z, _ = draw(generator, seed)
        away = generator.mapping(z, _label(generator, seed, request.input))[0] - center(
            generator, seed, request.input
        )
        ws = origin.ws + float(request.input["strength"]) * away
        drafts.append(Draft(ws, origin.noise_seed, {**request.input, "seed": seed, "count": 1}))
    return drafts


_DRAFTERS = {"generate": _generate, "mix": _mix, "interpolate": _interpolate, "neighbours": _neighbors}


def _ends(generator: Generator, request: Request) -> tuple[Point, Point]:
    return _point(generator, request, "parent_a", "seed_a"), _point(generator, request, "parent_b", "seed_b")


def _point(generator: Generator, request: Request, parent: str, seed: str) -> Point:
    """The earlier result in field ``parent`` if there is one, else the picture of ``seed``."""
    if parent in request.files:
        latent = read_latent(request.files[parent], generator.config, request.version_id, parent)
        return Point(latent.ws, latent.noise_seed)
    return from_seed(generator, int(request.input[seed]), request.input)


def draw(generator: Generator, seed: int) -> tuple[Tensor, torch.Generator]:
    """z (1, z_dim) of a seed, and the source that goes on to give the noise."""
    source = torch.Generator().manual_seed(seed)
    return torch.randn(1, generator.config.z_dim, generator=source), source


def from_seed(generator: Generator, seed: int, data: Mapping[str, Any]) -> Point:
    """The styles of a seed, pulled towards the middle of its class by the truncation ``psi``."""
    z, _ = draw(generator, seed)
    middle = center(generator, seed, data)
    w = torch.lerp(middle, generator.mapping(z, _label(generator, seed, data))[0], float(data["psi"]))
    return Point(w.expand(generator.config.layers, -1), seed)


def noise_of(generator: Generator, seed: int) -> list[Tensor]:
    """The noise maps of a seed, each (1, 1, size, size)."""
    _, source = draw(generator, seed)
    return generator.draw_noise(1, source)


def center(generator: Generator, seed: int, data: Mapping[str, Any]) -> Tensor:
    """The mean style of the asked class, shape (w_dim,)."""
    label = _label(generator, seed, data)
    return generator.w_center[0 if label is None else int(label)]


def _label(generator: Generator, seed: int, data: Mapping[str, Any]) -> Tensor | None:
    classes = generator.config.classes
    name = str(data.get("class_name", "")).strip()
    if not classes:
        if name:
            raise InvalidInput(
                "This version was trained without classes; leave the class empty.", field="class_name"
            )
        return None
    if not name:
        return torch.tensor([seed % len(classes)])
    if name not in classes:
        known = ", ".join(classes[:20])
        raise InvalidInput(f"This version has no class {name!r}; it has: {known}.", field="class_name")
    return torch.tensor([classes.index(name)])


def layer_range(name: str, layers: int) -> slice:
    """Which style vectors "coarse", "middle", "fine" or "all" mean: composition, shapes, and color and
    texture.
    """
    first, second = max(1, layers * 2 // 5), max(2, layers * 4 // 5)
    return {
        "all": slice(0, layers),
        "coarse": slice(0, first),
        "middle": slice(first, second),
        "fine": slice(second, layers),
    }[name]
