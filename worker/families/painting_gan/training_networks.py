"""Builds what a training consists of: networks, optimizers and the adversary that plays their steps."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from shared.errors import InvalidInput

from .adversary import Adversary, Players, ProjectedAdversary, ScratchAdversary
from .augment import POLICIES
from .discriminators import ProjectedDiscriminator
from .generator import Generator
from .losses import LOSSES
from .network_config import GeneratorConfig
from .options import TrainOptions
from .scratch import ScratchDiscriminator
from .weights import build_generator

#: Adam moves all weights of a matrix together, so at the full rate the first hundred steps drown a dense
#: layer's random start in one direction, and every z gives nearly the same w.
_MAPPING_PACE = 0.02
_STYLE_PACE = 0.3
_BETAS = {"projected": (0.0, 0.99), "scratch": (0.0, 0.95)}


@dataclass
class Networks:
    """Everything with weights or optimizer state. ``average`` is the EMA of ``generator``."""

    generator: Generator
    average: Generator
    discriminator: ProjectedDiscriminator | ScratchDiscriminator
    maker: torch.optim.Adam
    critic: torch.optim.Adam
    adversary: Adversary


def build_networks(
    options: TrainOptions, config: GeneratorConfig, base: Path | None, source: torch.Generator, device: str
) -> Networks:
    """Fresh networks (seeded by ``options.seed``), the generator from ``base`` if that is given."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        generator = Generator(config) if base is None else build_generator(base, config)
        discriminator = _discriminator(options, config)
    cuda = device.startswith("cuda")
    generator.to(device).train()
    discriminator.to(device).train()
    if cuda:
        generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    trained: list[nn.Parameter] = [p for p in discriminator.parameters() if p.requires_grad]
    betas = _BETAS[options.discriminator]
    maker = torch.optim.Adam(_paced(generator, options.learning_rate), options.learning_rate, betas)
    critic = torch.optim.Adam(trained, options.learning_rate, betas)
    policy = POLICIES[options.augmentation]
    players = Players(generator, maker, critic, trained, LOSSES[options.loss], policy, source, autocast=cuda)
    adversary: Adversary
    if isinstance(discriminator, ProjectedDiscriminator):
        adversary = ProjectedAdversary(players, discriminator, options.matching)
    else:
        adversary = ScratchAdversary(players, discriminator, options.gamma)
    return Networks(generator, average, discriminator, maker, critic, adversary)


def _paced(generator: Generator, rate: float) -> list[dict[str, Any]]:
    """The generator's parameters in groups with a learning rate each."""
    groups: dict[float, list[nn.Parameter]] = {1.0: [], _MAPPING_PACE: [], _STYLE_PACE: []}
    for name, parameter in generator.named_parameters():
        style = name.startswith("start.") or ".style." in name
        groups[_MAPPING_PACE if name.startswith("mapping.") else _STYLE_PACE if style else 1.0].append(
            parameter
        )
    return [{"params": members, "lr": rate * pace} for pace, members in groups.items()]


def _discriminator(
    options: TrainOptions, config: GeneratorConfig
) -> ProjectedDiscriminator | ScratchDiscriminator:
    if options.discriminator == "scratch":
        return ScratchDiscriminator(config.widths, len(config.classes))
    return ProjectedDiscriminator(options.projector_pixels, len(config.classes), options.seed)


def check_base(config: GeneratorConfig, wanted: GeneratorConfig) -> None:
    """Raises InvalidInput when a training cannot go on from a version of ``config``."""
    if config.resolution != wanted.resolution:
        raise InvalidInput(
            f"The version makes {config.resolution} pixel pictures; train at that resolution.",
            field="resolution",
        )
    if config.classes != wanted.classes:
        raise InvalidInput("The version has other classes than this data set.", field="label")
