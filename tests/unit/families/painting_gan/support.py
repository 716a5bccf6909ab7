"""Tiny data sets, trainings and versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.torch import save_file

from shared.catalogue import check_input
from worker.families.painting_gan import FAMILY
from worker.families.painting_gan.engine import PaintingEngine
from worker.families.painting_gan.generator import Generator
from worker.families.painting_gan.network_config import GeneratorConfig
from worker.families.painting_gan.painter import LoadedPainter
from worker.families.painting_gan.trainer import PaintingTrainer
from worker.families.painting_gan.weights import generator_weights
from worker.family import Dataset, Item, Request, TrainingJob

TINY = GeneratorConfig(resolution=32, z_dim=8, w_dim=8, widths=(8, 8, 4, 4))
TINY_CLASSES = GeneratorConfig(
    resolution=32, z_dim=8, w_dim=8, widths=(8, 8, 4, 4), classes=("calm", "storm")
)


def make_items(folder: Path, count: int = 24, size: tuple[int, int] = (40, 36)) -> list[Item]:
    """Random pictures with the labels mood (calm or storm) and number."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    items = []
    for index in range(count):
        path = folder / f"{index:03d}.png"
        coarse = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
        labels = {"mood": "storm" if index % 3 == 0 else "calm", "number": str(index)}
        items.append(Item(path, path.name, *size, labels))
    return items


def train_input(**given: Any) -> dict[str, Any]:
    """A complete input of a tiny training; ``given`` comes first."""
    tiny = {
        "dataset": "d", "resolution": 32, "batch": 4, "width": 0.125, "kimg": 0.024, "seed": 11,
        "discriminator": "scratch", "snapshot_kimg": 0.012,
    }  # fmt: skip
    return check_input(FAMILY.description.operation("train"), {**tiny, **given})


def make_job(
    items: list[Item], base: Path | None = None, base_config: Any = None, **given: Any
) -> TrainingJob:
    """A training of ``items``."""
    return TrainingJob("job", train_input(**given), Dataset("tiny", "0" * 64, items), base, base_config)


def make_trainer(items: list[Item], **given: Any) -> PaintingTrainer:
    """A fresh trainer on the CPU."""
    return PaintingTrainer(make_job(items, **given), "cpu")


def make_version(folder: Path, config: GeneratorConfig = TINY) -> tuple[Path, dict[str, Any]]:
    """A version with random weights: its safetensors file and its description."""
    path = folder / "version.safetensors"
    save_file(generator_weights(Generator(config)), path)
    return path, config.to_dict()


def load_version(folder: Path, config: GeneratorConfig = TINY) -> LoadedPainter:
    """A loaded random version."""
    path, description = make_version(folder, config)
    return PaintingEngine().load(path, description, "cpu")


def make_request(operation: str, files: dict[str, bytes] | None = None, **given: Any) -> Request:
    """A complete request to version "v"."""
    data = check_input(FAMILY.description.operation(operation), given)
    return Request("job", operation, "v", data, files or {})
