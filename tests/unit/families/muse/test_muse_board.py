"""Boards and cards: what people see of a collection that is being looked at."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.families.muse.support import item_of, make_trainer, train
from worker.families.muse.board import board
from worker.families.muse.card import card_of
from worker.families.muse.index import build
from worker.families.muse.traits import MUSIC, PAINTING, Traits
from worker.family import Dataset, Item, TrainingJob


@pytest.mark.parametrize(
    ("count", "size"), [(1, (96, 96)), (5, (480, 96)), (9, (768, 192)), (24, (768, 288))]
)
def test_works_lie_side_by_side(works: list[Item], count: int, size: tuple[int, int]) -> None:
    (product,) = board(works[:count], PAINTING, 7)
    image = Image.open(io.BytesIO(product.data))
    assert image.size == size == (product.width, product.height)
    assert (product.role, product.position, product.media_type) == ("grid", 7, "image/png")


def test_of_many_works_some_are_shown_evenly(works: list[Item]) -> None:
    (product,) = board(works * 4, PAINTING, 1)
    assert Image.open(io.BytesIO(product.data)).size == (768, 384)


def test_nothing_looked_at_gives_no_board() -> None:
    assert board([], PAINTING, 0) == []


def test_the_first_tile_is_the_first_work(works: list[Item]) -> None:
    (product,) = board(works[:3], PAINTING, 1)
    tile = np.asarray(Image.open(io.BytesIO(product.data)))[16:80, 16:80]
    assert np.array_equal(tile, np.asarray(Image.open(works[0].path).convert("RGB")))


def test_music_is_drawn_as_rolls(pieces: list[Item]) -> None:
    (product,) = board(pieces[:2], MUSIC, 1)
    levels = np.asarray(Image.open(io.BytesIO(product.data)))
    assert len(np.unique(levels.reshape(-1, 3), axis=0)) > 10


def test_a_tall_picture_keeps_its_shape(tmp_path: Path) -> None:
    path = tmp_path / "tall.png"
    Image.new("RGB", (50, 200), (0, 0, 255)).save(path)
    (product,) = board([item_of(path, {})], PAINTING, 1)
    blue = np.asarray(Image.open(io.BytesIO(product.data)))[..., 0] < 20
    assert (blue.any(axis=0).sum(), blue.any(axis=1).sum()) == (24, 96)


def test_the_same_works_give_the_same_board(works: list[Item]) -> None:
    assert board(works, PAINTING, 2) == board(works, PAINTING, 2)


def test_a_label_with_a_value_for_each_work_is_a_name_and_no_kind() -> None:
    traits = [Traits(np.eye(70, dtype=np.float32)[n], (0.0, 0.0), {"a": float(n)}) for n in range(70)]
    heads = [("", f"{n}", {"title": f"t{n}", "style": "x" if n < 40 else "y"}) for n in range(70)]
    index = build(PAINTING, heads, traits, 64)
    job = TrainingJob("job", {"only": ""}, Dataset("Many", "h", []))
    card = card_of(job, index, 3, 1.5)
    assert card["labels"] == {"style": {"x": 40, "y": 30}}
    assert card["figures"] == {"a": [6.9, 34.5, 62.1]}
    assert card["dataset"] == {"name": "Many", "hash": "h", "only": ""}
    assert (card["left_out"], card["seconds"]) == (3, 1.5)


def test_figures_that_some_works_lack_are_left_out() -> None:
    rows = np.eye(4, dtype=np.float32)
    traits = [Traits(row, (0.0, 0.0), {"a": 1.0} | ({"b": 2.0} if n else {})) for n, row in enumerate(rows)]
    index = build(PAINTING, [("", f"{n}", {}) for n in range(4)], traits, 64)
    assert index.names == ("a",)


def test_a_finished_training_shows_its_works(works: list[Item]) -> None:
    trainer = train(make_trainer(works[:6]))
    (product,) = trainer.snapshot().products
    assert product.position == trainer.step_count
    assert trainer.snapshot().metrics == {"works": 6.0}
