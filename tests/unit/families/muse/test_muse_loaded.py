"""A version in memory: what it weighs, its shapes, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from shared.errors import AtelierError
from tests.unit.families.muse.support import make_trainer, train
from worker.families.muse.engine import MuseEngine, create
from worker.families.muse.loaded import SHAPES, LoadedMuse
from worker.family import Generator, Item, Shaped, Teacher


def test_the_engine_has_the_parts_that_its_operations_need() -> None:
    engine: object = create()
    assert isinstance(engine, Generator)
    assert isinstance(create(), Teacher)


def test_what_is_loaded_has_shapes(pictures: LoadedMuse, music: LoadedMuse) -> None:
    for loaded in (pictures, music):
        assert isinstance(loaded, Shaped)
        assert list(loaded.shapes()) == sorted(set(SHAPES))
        before = torch.get_rng_state()
        loaded.rehearse(4)
        assert torch.equal(torch.get_rng_state(), before)


def test_pictures_weigh_their_eye_too(pictures: LoadedMuse, music: LoadedMuse) -> None:
    assert pictures.nbytes > pictures.index.nbytes + 10_000_000
    assert music.nbytes == music.index.nbytes


@pytest.mark.parametrize(
    "garbage", [b"", b"\x80\x04\x95.", b"PK\x03\x04", (2**62).to_bytes(8, "little") + b"{}"]
)
def test_weights_that_are_none_are_refused(pieces: list[Item], garbage: bytes, tmp_path: Path) -> None:
    config = train(make_trainer(pieces[:4])).finish().config
    path = tmp_path / "weights.safetensors"
    path.write_bytes(garbage)
    with pytest.raises(AtelierError):
        MuseEngine().load(path, config, "cpu")


def test_tags_and_reasons_are_made_once(music: LoadedMuse) -> None:
    assert music.tags is music.tags
    assert music.reasons is music.reasons
