from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from shared.errors import BadFile, InvalidInput
from tests.unit.families.painting_gan.support import TINY, make_version
from worker.families.painting_gan.engine import PaintingEngine
from worker.families.painting_gan.generator import Generator
from worker.families.painting_gan.latents import read_latent, write_latent
from worker.families.painting_gan.weights import build_generator, generator_weights


def spoiled(change: str) -> dict[str, Tensor]:
    weights = generator_weights(Generator(TINY))
    if change == "missing":
        del weights["to_rgb.bias"]
    elif change == "extra":
        weights["surplus"] = torch.zeros(2)
    elif change == "shape":
        weights["to_rgb.bias"] = torch.zeros(4)
    elif change == "type":
        weights["to_rgb.bias"] = torch.zeros(3, dtype=torch.int64)
    elif change == "not finite":
        weights["to_rgb.bias"][1] = float("nan")
    return weights


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    generator = Generator(TINY)
    save_file(generator_weights(generator), tmp_path / "v.safetensors")
    again = build_generator(tmp_path / "v.safetensors", TINY).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in generator.state_dict().items())


@pytest.mark.parametrize("change", ["missing", "extra", "shape", "type", "not finite"])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, change: str) -> None:
    save_file(spoiled(change), tmp_path / "v.safetensors")
    with pytest.raises(BadFile) as caught:
        build_generator(tmp_path / "v.safetensors", TINY)
    assert caught.value.code == "wrong_weights"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.",
        (1 << 40).to_bytes(8, "little") + b"{}",
        b"PK\x03\x04",
    ],
    ids=["empty", "pickle", "lying header", "zip"],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "v.safetensors").write_bytes(data)
    with pytest.raises(BadFile):
        build_generator(tmp_path / "v.safetensors", TINY)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path, _ = make_version(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadFile):
        build_generator(path, TINY)


def test_a_description_that_lies_is_refused(tmp_path: Path) -> None:
    path, description = make_version(tmp_path)
    with pytest.raises(BadFile):
        PaintingEngine().load(path, {**description, "w_dim": 16}, "cpu")
    with pytest.raises(InvalidInput):
        PaintingEngine().load(path, {**description, "resolution": 4096}, "cpu")


def latent() -> bytes:
    return write_latent(torch.randn(TINY.layers, TINY.w_dim), 12, "v")


def test_a_latent_comes_back_as_it_was() -> None:
    ws = torch.randn(TINY.layers, TINY.w_dim)
    found = read_latent(write_latent(ws, 12, "v"), TINY, "v", "parent")
    assert torch.equal(found.ws, ws) and found.noise_seed == 12
    assert write_latent(ws, 12, "v") == write_latent(ws, 12, "v")


ABOUT = {"atelier": json.dumps({"version": "v"})}
STYLES = torch.zeros(TINY.layers, TINY.w_dim)


@pytest.mark.parametrize(
    "data",
    [
        save({"ws": STYLES}, metadata=ABOUT),
        save({"ws": STYLES, "noise_seed": torch.tensor([1])}),
        save({"ws": STYLES, "noise_seed": torch.tensor([-1])}, metadata=ABOUT),
        save({"ws": STYLES, "noise_seed": torch.tensor([1.0])}, metadata=ABOUT),
        save({"ws": STYLES + float("inf"), "noise_seed": torch.tensor([1])}, metadata=ABOUT),
        save({"ws": STYLES.double(), "noise_seed": torch.tensor([1])}, metadata=ABOUT),
        latent()[:-5],
        latent() + b"\0" * (1 << 20),
    ],
    ids=["no seed", "no version", "negative", "float seed", "infinite", "double", "cut", "long"],
)
def test_what_is_no_latent_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        read_latent(data, TINY, "v", "parent")
    assert caught.value.field == "parent"


def test_a_latent_of_another_shape_or_version_is_refused() -> None:
    wide = write_latent(torch.zeros(TINY.layers, TINY.w_dim + 1), 1, "v")
    for data, version in ((wide, "v"), (latent(), "w"), (latent(), None)):
        with pytest.raises(InvalidInput):
            read_latent(data, TINY, version, "parent")
