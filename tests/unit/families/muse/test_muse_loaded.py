"""A version in memory: what it weighs, its shapes, and files that are none."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from shared.errors import AtelierError
from tests.unit.families.muse.support import make_trainer, train
from worker.families.muse.engine import MuseEngine, create
from worker.families.muse.index import build, config_of, weights_of
from worker.families.muse.loaded import SHAPES, LoadedMuse
from worker.families.muse.traits import MUSIC, Traits
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
    assert pictures.nbytes - pictures.looker.eye.nbytes < 1_000_000 > music.nbytes


def test_words_weigh_what_they_take_in_memory(tmp_path: Path) -> None:
    source = np.random.default_rng(2)
    traits = [
        Traits(
            source.normal(size=8).astype(np.float32),
            (0.1, -0.2),
            {f"figure{n}": float(source.random()) for n in range(20)},
            words=("G major", "calm", f"Piece {place}"),
            motifs=("steps +2 +2 -4 -1", "rhythm 2 2 4 4"),
            facts={"voices": 4, "bars": 20},
        )
        for place in range(3000)
    ]
    heads = [(f"{place:064x}", f"piece_{place}.mid", {"book": f"b{place % 50}"}) for place in range(3000)]
    index = build(MUSIC, heads, traits, 1)
    path, config = tmp_path / "muse.safetensors", config_of(index)
    save_file(weights_of(index), path)
    del index, traits, heads
    gc.collect()
    tracemalloc.start()
    loaded = LoadedMuse(path, config, "cpu")
    assert loaded.tags.known(1) and loaded.index.places and loaded.index.labels
    loaded.reasons.ranks.of("figure3", 0.5)
    gc.collect()
    # Tensors are not traced; numpy's arrays are.
    held = tracemalloc.get_traced_memory()[0] + loaded.index.vectors.numel() * 2
    tracemalloc.stop()
    assert 0.6 * loaded.nbytes < held < 1.1 * loaded.nbytes


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
