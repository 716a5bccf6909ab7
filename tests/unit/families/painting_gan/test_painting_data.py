from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from shared.errors import BadFile, InvalidInput
from tests.unit.families.painting_gan.support import make_items
from worker.families.painting_gan.averaging import ema_decay, update_average
from worker.families.painting_gan.pictures import load_pictures, split, to_float, to_levels
from worker.family import Item


def test_pictures_are_square_levels_split_in_two(items: list[Item]) -> None:
    pictures = load_pictures(items, 32, "", "")
    assert pictures.pixels.shape == (24, 3, 32, 32) and pictures.pixels.dtype == torch.uint8
    assert not set(pictures.train.tolist()) & set(pictures.held_out.tolist())
    assert sorted([*pictures.train.tolist(), *pictures.held_out.tolist()]) == list(range(24))
    assert pictures.classes == () and pictures.labels is None


def test_the_middle_square_is_taken(tmp_path: Path) -> None:
    items = make_items(tmp_path, 12)
    wide = np.zeros((32, 96, 3), dtype=np.uint8)
    wide[:, 32:64] = (10, 200, 30)
    Image.fromarray(wide).save(items[0].path)
    middle = load_pictures(items, 32, "", "").pixels[0]
    assert torch.equal(middle, torch.tensor([10, 200, 30]).view(3, 1, 1).expand(3, 32, 32))


def test_a_label_becomes_classes_in_order(items: list[Item]) -> None:
    pictures = load_pictures(items, 32, "mood", "")
    assert pictures.classes == ("calm", "storm")
    assert pictures.labels is not None
    assert pictures.labels.tolist() == [1 if index % 3 == 0 else 0 for index in range(24)]


def test_items_without_the_label_are_a_class_of_their_own(items: list[Item]) -> None:
    items[0].labels.clear()
    assert load_pictures(items, 32, "mood", "").classes == ("calm", "other", "storm")


def test_only_keeps_the_named_part(items: list[Item]) -> None:
    assert len(load_pictures(items, 32, "", "mood=calm").names) == 16


@pytest.mark.parametrize(
    ("label", "only", "field", "word"),
    [
        ("", "mood=wild", "only", "mood=calm"),
        ("", "mood", "only", "mood"),
        ("tempo", "", "label", "mood"),
        ("", "mood=storm", "dataset", "too few"),
    ],
)
def test_what_cannot_be_trained_on_is_told(
    items: list[Item], label: str, only: str, field: str, word: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_pictures(items, 32, label, only)
    assert caught.value.field == field and word in str(caught.value)


def test_too_few_pictures_have_a_code_of_their_own(items: list[Item]) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_pictures(items[:5], 32, "", "")
    assert caught.value.code == "too_few_pictures"


def test_a_file_that_is_no_picture_is_named(items: list[Item]) -> None:
    items[3].path.write_bytes(b"no picture")
    with pytest.raises(BadFile, match=r"003\.png"):
        load_pictures(items, 32, "", "")


@pytest.mark.parametrize(("count", "held"), [(12, 4), (64, 8), (418, 52), (10000, 256)])
def test_an_eighth_is_held_out_within_bounds(count: int, held: int) -> None:
    train, held_out = split(count)
    assert len(held_out) == held and len(train) == count - held
    assert torch.equal(split(count)[1], held_out)


def test_levels_survive_the_way_to_float_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(to_levels(to_float(levels)), levels)
    assert to_levels(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_the_average_moves_by_its_decay_and_counts_are_copied() -> None:
    average, network = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        network.weight.fill_(3.0)
    assert network.running_mean is not None and network.num_batches_tracked is not None
    network.running_mean.fill_(8.0)
    network.num_batches_tracked.fill_(5)
    update_average(average, network, 0.75)
    assert average.weight.tolist() == [1.5, 1.5]
    assert average.running_mean is not None and average.running_mean.tolist() == [2.0, 2.0]
    assert average.num_batches_tracked is not None and int(average.num_batches_tracked) == 5


def test_the_half_life_grows_with_the_training_up_to_its_bound() -> None:
    assert ema_decay(16, 320_000_000, 2000.0) == pytest.approx(0.5 ** (16 / 2000))
    assert ema_decay(16, 3200, 2000.0) == pytest.approx(0.5 ** (16 / 160))
    assert ema_decay(16, 16, 2000.0) < 0.01
    assert ema_decay(16, 3200, 0.0) == pytest.approx(0.5**16)
