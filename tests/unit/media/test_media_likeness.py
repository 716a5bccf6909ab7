"""Exact and near copies are found, different pictures are not confused, and the search stays fast."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.hostile import pictures
from worker.media.likeness import Mark, mark, near_twins
from worker.media.limits import Limits

LIMITS = Limits()


def near(*images: Image.Image) -> list[tuple[int, int, int]]:
    return near_twins([mark(image) for image in images], LIMITS)


def test_equal_pixels_have_equal_hashes_and_others_do_not() -> None:
    picture = pictures.painting(1)
    assert mark(picture).pixels_sha256 == mark(picture.copy()).pixels_sha256
    changed = picture.copy()
    changed.putpixel((3, 3), (1, 2, 3))
    assert mark(changed).pixels_sha256 != mark(picture).pixels_sha256


def test_the_same_bytes_in_another_shape_are_another_picture() -> None:
    flat = Image.new("RGB", (40, 60), "red")
    assert mark(flat).pixels_sha256 != mark(Image.new("RGB", (60, 40), "red")).pixels_sha256


@pytest.mark.parametrize("quality", (95, 60, 30))
def test_a_recompressed_copy_is_near(quality: int) -> None:
    picture = pictures.painting(2, 256, 256)
    copy = pictures.opened(pictures.saved(picture, "JPEG", quality=quality)).convert("RGB")
    assert [(a, b) for a, b, _ in near(picture, copy)] == [(1, 0)]


def test_a_resized_and_slightly_brighter_copy_is_near() -> None:
    picture = pictures.painting(3, 256, 256)
    small = ImageEnhance.Brightness(picture.resize((150, 150))).enhance(1.02)
    assert [(a, b) for a, b, _ in near(picture, pictures.painting(9), small)] == [(2, 0)]


def test_different_pictures_are_not_near() -> None:
    assert near(*(pictures.painting(seed) for seed in range(200))) == []


def test_flat_pictures_of_different_colors_are_not_near() -> None:
    assert near(*(Image.new("RGB", (40, 40), color) for color in ("red", "green", "blue", "white"))) == []


def test_the_earliest_of_several_twins_is_named() -> None:
    picture = pictures.painting(4, 256, 256)
    copies = [
        pictures.opened(pictures.saved(picture, "JPEG", quality=q)).convert("RGB") for q in (95, 90, 85)
    ]
    assert [b for _, b, _ in near(picture, *copies)] == [0, 0, 0]


@pytest.mark.parametrize("alike", (False, True))
def test_twenty_thousand_marks_are_compared_in_seconds_whatever_they_show(alike: bool) -> None:
    dice = np.random.default_rng(5)
    thumbs = [dice.bytes(768) for _ in range(30)]
    hashes = dice.integers(0, 2**63, 20_000) if not alike else np.zeros(20_000, np.int64)
    marks = [Mark(str(i), int(value), thumbs[i % 30]) for i, value in enumerate(hashes)]
    began = time.process_time()
    found = near_twins(marks, LIMITS)
    assert time.process_time() - began < 15
    assert (len(found) == 19_970) is alike
