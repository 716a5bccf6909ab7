"""Pictures whose kind is told by a patch at a known place, trainings of them, versions and requests."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from shared.catalogue import check_input
from shared.errors import AtelierError
from tests.support.parts import gather
from worker.advice.usual import Usual
from worker.families.art_cnn import FAMILY
from worker.families.art_cnn.engine import ArtEngine
from worker.families.art_cnn.judging import HeadJudgement, Judgement
from worker.families.art_cnn.labels import Head
from worker.families.art_cnn.loaded import LoadedJudge
from worker.families.art_cnn.network import ArtNetwork
from worker.families.art_cnn.network_config import NetworkConfig
from worker.families.art_cnn.trainer import ArtTrainer
from worker.families.art_cnn.version import version_config, version_weights
from worker.families.art_cnn.works import Works
from worker.family import Dataset, Item, Product, Request, Trained, TrainingJob
from worker.training import owned
from worker.vision.features import LOOK

VERSION = "c" * 64
SIDE = 64
PATCH = 20
#: The kinds of the made pictures, by the colour of their patch.
KINDS = {"ember": (225, 60, 30), "moss": (60, 180, 60), "tide": (40, 80, 220)}
HEADS = (Head("style", ("ember", "moss", "tide")), Head("light", ("day", "night")))

Levels = NDArray[np.uint8]


@dataclass(frozen=True)
class Planted:
    """A picture, its kind, and where its patch lies: left, top, in pixels."""

    levels: Levels
    kind: str
    left: int
    top: int


def planted(kind: str, seed: int, side: int = SIDE) -> Planted:
    """Grey noise with one striped patch of the kind's colour somewhere."""
    source = np.random.default_rng(seed)
    coarse = source.integers(90, 160, (8, 8), dtype=np.uint8)
    ground = np.array(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC), float)
    levels = np.repeat(ground[..., None], 3, axis=2) + source.normal(0.0, 6.0, (side, side, 3))
    left, top = (int(place) for place in source.integers(0, side - PATCH, 2))
    stripes = np.where(np.arange(PATCH) % 4 < 2, 1.0, 0.45)[:, None, None]
    levels[top : top + PATCH, left : left + PATCH] = np.array(KINDS[kind], float) * stripes
    return Planted(levels.clip(0, 255).astype(np.uint8), kind, left, top)


def planted_set(count: int, seed: int = 0) -> list[Planted]:
    """Pictures of the three kinds in turn."""
    names = list(KINDS)
    return [planted(names[place % len(names)], seed + place) for place in range(count)]


def make_items(folder: Path, count: int = 36, seed: int = 0) -> list[Item]:
    """Planted pictures on disk with the labels style, light (day or night) and number."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for place, one in enumerate(planted_set(count, seed)):
        light = "night" if (place // 3) % 2 else "day"
        levels = (one.levels * (0.45 if light == "night" else 1.0)).astype(np.uint8)
        path = folder / f"{one.kind}-{place:03d}.png"
        Image.fromarray(levels).save(path)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        labels = {"style": one.kind, "light": light, "number": f"n{place}"}
        items.append(Item(path, path.name, SIDE, SIDE, labels, content))
    return items


def labelled(*rows: Mapping[str, str]) -> list[Item]:
    """Items of which only the labels count: there are no files behind them."""
    return [
        Item(Path(f"/nowhere/{place}.png"), f"{place}.png", 48, 48, dict(row), f"{place:064x}")
        for place, row in enumerate(rows)
    ]


def train_input(**given: Any) -> dict[str, Any]:
    """A complete input of a short training; ``given`` comes first."""
    short = {
        "dataset": "d", "network": "small", "pixels": 64, "batch": 12, "epochs": 2, "augmentation": "none",
        "kept_back": 0.34, "seed": 7, "labels": "style", "average": 0.9,
    }  # fmt: skip
    return check_input(FAMILY.description.operation("train"), {**short, **given})


def make_job(
    items: list[Item], base: Path | None = None, base_config: Any = None, **given: Any
) -> TrainingJob:
    """A training of ``items``."""
    return TrainingJob("job", train_input(**given), Dataset("planted", "0" * 64, items), base, base_config)


def make_trainer(items: list[Item], **given: Any) -> ArtTrainer:
    """A fresh trainer on the CPU."""
    return ArtTrainer(make_job(items, **given), "cpu")


def run(trainer: ArtTrainer) -> ArtTrainer:
    """To the end, with looks as the worker takes them."""
    while not trainer.done:
        trainer.step()
        if trainer.snapshot_due():
            trainer.snapshot()
    return trainer


def save(folder: Path, trained: Trained) -> tuple[Path, dict[str, Any]]:
    """A trained version as its file and its description after a way through JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "version.safetensors"
    save_file(owned(trained.weights), path)
    return path, json.loads(json.dumps(trained.config))


def config_of(trunk: str = "small", heads: tuple[Head, ...] = HEADS, learned_from: int = 0) -> NetworkConfig:
    """A network at 64 pixels."""
    return NetworkConfig("small" if trunk == "small" else "lite0", 64, learned_from, False, heads)


def random_network(config: NetworkConfig, *, learning: bool = False, seed: int = 3) -> ArtNetwork:
    """A network with random heads (and a random trunk, if it is small)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ArtNetwork(config, learning=learning).eval()


def even_judgement(heads: int = 2, bound: float = 1.0, threshold: float = 0.0) -> Judgement:
    """A judgement that changes no probability."""
    quantiles = tuple(place / 40 for place in range(21))
    return Judgement((HeadJudgement(1.0, threshold, 0.9, 0.8),) * heads, quantiles, bound)


def make_version(
    folder: Path,
    config: NetworkConfig | None = None,
    works: Works | None = None,
    judgement: Judgement | None = None,
) -> tuple[Path, dict[str, Any]]:
    """A version with random weights: its safetensors file and its description."""
    config = config or config_of()
    network = random_network(config, learning=True).folded()
    judgement = judgement or even_judgement(len(config.heads))
    works = works or Works.of([], torch.zeros(0, LOOK))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "random.safetensors"
    save_file(owned(version_weights(network, works)), path)
    return path, version_config(network, judgement, works, Usual(0, {}), 64)


def load(folder: Path, trained: Trained) -> LoadedJudge:
    """A trained version in memory."""
    path, config = save(folder, trained)
    return ArtEngine().load(path, config, "cpu")


def make_request(
    operation: str,
    files: Mapping[str, bytes] | None = None,
    datasets: Mapping[str, Dataset] | None = None,
    companions: Mapping[str, Any] | None = None,
    foreign: frozenset[str] = frozenset(),
    **given: Any,
) -> Request:
    """A complete request: what its fields name is in its input too."""
    held = {**(files or {}), **(datasets or {}), **(companions or {})}
    data = check_input(FAMILY.description.operation(operation), {**dict.fromkeys(held, "named"), **given})
    return Request(
        "job",
        operation,
        VERSION,
        data,
        dict(files or {}),
        foreign=foreign,
        datasets=dict(datasets or {}),
        companions=dict(companions or {}),
    )


def answers(loaded: LoadedJudge, *requests: Request) -> list[list[Product] | AtelierError]:
    """What requests give together."""
    return gather(ArtEngine().generate(loaded, requests), len(requests))


def files_of(loaded: LoadedJudge, request: Request) -> list[Product]:
    """The files of a request that must not fail."""
    (found,) = answers(loaded, request)
    assert not isinstance(found, AtelierError), found
    return found


def report_of(products: Sequence[Product]) -> dict[str, Any]:
    """The report among files: strict JSON."""
    (report,) = [one for one in products if one.role == "output"]
    assert report.media_type == "application/json" and report.meta is not None

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    found: dict[str, Any] = json.loads(report.data, parse_constant=refuse)
    assert found["kind"] == report.meta["kind"]
    return found


def png(levels: Levels) -> bytes:
    """A picture's file."""
    target = io.BytesIO()
    Image.fromarray(levels).save(target, "PNG")
    return target.getvalue()


def pixels_of(pictures: Sequence[Planted]) -> Tensor:
    """uint8 (n, 3, side, side)."""
    return torch.stack([torch.from_numpy(one.levels).permute(2, 0, 1) for one in pictures])


def truth_of(pictures: Sequence[Planted]) -> Tensor:
    """Classes (n, 1), in the order of ``KINDS``."""
    return torch.tensor([[list(KINDS).index(one.kind)] for one in pictures])
