"""Small collections, indexes of them, requests, and other versions that a muse puts to work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from shared.catalogue import FamilyDescription, check_input
from shared.errors import AtelierError
from tests.support.parts import gather
from tests.unit.families.music_rnn.support import chorale
from tests.unit.families.music_rnn.support import make_version as music_version
from tests.unit.families.painting_gan.support import TINY, TINY_CLASSES
from tests.unit.families.painting_gan.support import make_version as painting_version
from worker.families import music_rnn, painting_gan
from worker.families.muse import FAMILY
from worker.families.muse.engine import MuseEngine
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.trainer import MuseTrainer
from worker.families.music_rnn.engine import MusicEngine
from worker.families.painting_gan.engine import PaintingEngine
from worker.family import Dataset, Item, Product, Request, TrainingJob
from worker.music.midi_out import write_midi

VERSION = "f" * 64
#: Hues of the made pictures: two kinds that no figure mistakes for one another.
KINDS = {"dusk": ((30, 24, 60), (70, 40, 90)), "noon": ((250, 220, 120), (240, 250, 255))}


def picture(kind: str, seed: int, side: int = 64) -> Image.Image:
    """A picture of a kind: a ground, a few discs and some grain."""
    source = np.random.default_rng(seed)
    ground, disc = (np.array(colour, float) for colour in KINDS[kind])
    rows, columns = np.mgrid[0:side, 0:side] / side
    levels = np.tile(ground, (side, side, 1)) * (0.8 + 0.2 * rows[..., None])
    for _ in range(3):
        x, y, r = source.random(3)
        inside = (rows - y) ** 2 + (columns - x) ** 2 < (0.1 + 0.15 * r) ** 2
        levels[inside] = disc * (0.8 + 0.2 * source.random())
    levels += source.normal(0.0, 4.0, levels.shape)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def picture_items(folder: Path, count: int = 24) -> list[Item]:
    """Pictures of both kinds in turn, with labels kind and number."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for place in range(count):
        kind = list(KINDS)[place % 2]
        path = folder / f"{kind}_study_{place:02d}.png"
        picture(kind, place).save(path)
        items.append(item_of(path, {"kind": kind, "number": f"n{place}"}, 64))
    return items


def music_items(folder: Path, count: int = 14) -> list[Item]:
    """Chorales of four voices, every second a fifth higher."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for place in range(count):
        score = chorale(4 + place % 3, place).transposed(5 * (place % 2))
        path = folder / f"chorale_{place:02d}.mid"
        path.write_bytes(write_midi(score))
        items.append(item_of(path, {"book": "one" if place % 3 else "two"}))
    return items


def item_of(path: Path, labels: dict[str, str], side: int | None = None) -> Item:
    """A file as a data set has it."""
    return Item(path, path.name, side, side, labels, hashlib.sha256(path.read_bytes()).hexdigest())


def train_input(**given: Any) -> dict[str, Any]:
    """A complete input of a training; ``given`` comes first."""
    return check_input(FAMILY.description.operation("train"), {"dataset": "d", "batch": 4, **given})


def make_trainer(items: list[Item], gallery: Sequence[Item] = (), **given: Any) -> MuseTrainer:
    """A fresh trainer on the CPU."""
    data = Dataset("Small", "0" * 64, items)
    return MuseTrainer(TrainingJob("job", train_input(**given), data, gallery=list(gallery)), "cpu")


def train(trainer: MuseTrainer) -> MuseTrainer:
    """To the end."""
    while not trainer.done:
        trainer.step()
    return trainer


def load(folder: Path, trainer: MuseTrainer) -> LoadedMuse:
    """The version that a training ends with, in memory."""
    trained = trainer.finish()
    path = folder / "muse.safetensors"
    save_file(trained.weights, path)
    return MuseEngine().load(path, json.loads(json.dumps(trained.config)), "cpu")


def make_request(
    operation: str,
    files: Mapping[str, bytes] | None = None,
    companions: Mapping[str, Any] | None = None,
    **given: Any,
) -> Request:
    """A complete request: files and companions are named in the input too, seeds are fixed."""
    files, companions = dict(files or {}), dict(companions or {})
    named = {**dict.fromkeys(files, "an-artifact"), **dict.fromkeys(companions, "a-version")}
    described = FAMILY.description.operation(operation)
    seeds = {"seed": 5} if "seed" in described.input_schema["properties"] else {}
    data = check_input(described, {**seeds, **named, **given})
    return Request("job", operation, VERSION, data, files, companions=companions)


def answer(loaded: LoadedMuse, request: Request) -> list[Product] | AtelierError:
    """What one request gives."""
    (found,) = gather(MuseEngine().generate(loaded, [request]), 1)
    return found


def files_of(loaded: LoadedMuse, request: Request) -> list[Product]:
    """The files of a request that must not fail."""
    found = answer(loaded, request)
    assert not isinstance(found, AtelierError), found
    return found


def told(products: Sequence[Product], role: str = "output") -> dict[str, Any]:
    """The report among files."""
    (report,) = [one for one in products if one.role == role and one.media_type == "application/json"]
    found: dict[str, Any] = json.loads(report.data)
    return found


@dataclass
class Version:
    """Another version, loaded, as a worker hands it over; ``calls`` counts how often it was asked."""

    engine: Any
    loaded: Any
    description: FamilyDescription
    config: Mapping[str, Any]
    card: Mapping[str, Any] = field(default_factory=dict)
    version_id: str = "a" * 64
    name: str = "Tiny"
    dataset_hash: str | None = None
    calls: int = 0

    def make(
        self, operation: str, inputs: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, bytes]] = ()
    ) -> list[list[Product] | AtelierError]:
        """The products of some requests."""
        self.calls += 1
        described = self.description.operation(operation)
        given = list(files) or [{} for _ in inputs]
        requests = [
            Request(f"part{place}", operation, self.version_id, check_input(described, one), dict(held))
            for place, (one, held) in enumerate(zip(inputs, given, strict=True))
        ]
        return gather(self.engine.generate(self.loaded, requests), len(requests))


def painter(folder: Path, *, classes: bool = False) -> Version:
    """A painting GAN with random weights."""
    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    path, config = painting_version(folder, TINY_CLASSES if classes else TINY)
    engine = PaintingEngine()
    return Version(engine, engine.load(path, config, "cpu"), painting_gan.FAMILY.description, config)


def musician(folder: Path) -> Version:
    """A music RNN with random weights."""
    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    path, config = music_version(folder)
    engine = MusicEngine()
    return Version(engine, engine.load(path, config, "cpu"), music_rnn.FAMILY.description, config)
