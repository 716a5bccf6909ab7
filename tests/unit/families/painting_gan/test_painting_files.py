from __future__ import annotations

import gc
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.unit.families.painting_gan.support import make_trainer
from worker.families.painting_gan import heap, trainer
from worker.families.painting_gan.encode import Levels, animation, png, recipe_text, thumbnail
from worker.family import Item

RECIPE = {"version": "v", "input": {"class_name": "雨", "seed": 4}, "atelier": 1}


def levels(height: int, width: int) -> Levels:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_png_keeps_every_level_and_its_recipe_in_an_itxt_chunk() -> None:
    picture = levels(8, 8)
    data = png(picture, RECIPE)
    assert b"iTXtatelier\x00" in data
    image = Image.open(io.BytesIO(data))
    assert np.array_equal(np.asarray(image), picture)
    assert json.loads(image.info["atelier"]) == RECIPE
    assert png(picture, RECIPE) == data


def test_the_recipes_text_does_not_depend_on_the_order_of_its_keys() -> None:
    assert recipe_text(RECIPE) == recipe_text(dict(reversed(RECIPE.items())))
    assert "雨" in recipe_text(RECIPE)


@pytest.mark.parametrize(("size", "shown"), [((64, 64), (64, 64)), ((512, 128), (64, 256))])
def test_thumbnails_shrink_and_never_grow(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert Image.open(io.BytesIO(thumbnail(levels(*size)))).size == shown


def test_an_exact_animation_keeps_every_level() -> None:
    frames = [levels(8, 8), levels(8, 8)[::-1].copy(), levels(8, 8)[:, ::-1].copy()]
    data, media_type, ending = animation(frames, "apng", 80, RECIPE)
    assert (media_type, ending) == ("image/apng", "png")
    image = Image.open(io.BytesIO(data))
    for index, frame in enumerate(frames):
        image.seek(index)
        assert np.array_equal(np.asarray(image.convert("RGB")), frame)
        assert image.info["duration"] == 80


def test_freed_memory_is_kept_while_a_training_is_in_memory(
    items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def keep() -> bool:
        calls.append("keep")
        return True

    monkeypatch.setattr(trainer, "keep_freed_memory", keep)
    monkeypatch.setattr(trainer, "give_back_freed_memory", lambda: calls.append("give back"))
    training = make_trainer(items)
    assert calls == ["keep"]
    del training
    gc.collect()
    assert calls == ["keep", "give back"]


def test_without_glibc_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert heap.keep_freed_memory() is False
    heap.give_back_freed_memory()
