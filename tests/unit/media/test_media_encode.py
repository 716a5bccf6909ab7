"""What is stored: lossless when small, bounded when large, never the upload's own bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.hostile import pictures
from worker.media.decode import decode
from worker.media.encode import THUMBNAIL_SIDE, encode, reduce, thumbnail
from worker.media.limits import Limits

LIMITS = Limits()


def test_small_pictures_are_stored_without_loss() -> None:
    picture = pictures.painting(1, 512, 300)
    data, media_type, extension = encode(picture, LIMITS)
    assert (media_type, extension) == ("image/png", "png")
    assert pictures.opened(data).tobytes() == picture.tobytes()


def test_large_pictures_are_stored_as_jpeg_close_to_the_original() -> None:
    picture = pictures.painting(2, 900, 700)
    data, media_type, extension = encode(picture, LIMITS)
    assert (media_type, extension) == ("image/jpeg", "jpg")
    stored = np.asarray(pictures.opened(data), float)
    assert np.abs(stored - np.asarray(picture, float)).mean() < 1.5


def test_the_same_pixels_give_the_same_bytes() -> None:
    assert encode(pictures.painting(3), LIMITS) == encode(pictures.painting(3), LIMITS)


def test_nothing_of_the_upload_but_its_pixels_is_stored() -> None:
    for data in (
        pictures.with_gps(pictures.painting(4)),
        pictures.saved(pictures.painting(4)) + pictures.HTML_TAIL,
        pictures.saved(pictures.painting(4), "PNG", icc_profile=b"SECRETPROFILE"),
    ):
        stored, _, _ = encode(decode(data, LIMITS).image, LIMITS)
        assert b"SECRET" not in stored
        assert b"script" not in stored
        assert not pictures.opened(stored).info


def test_pictures_over_the_stored_side_are_reduced_in_proportion() -> None:
    limits = replace(LIMITS, stored_side=200)
    assert reduce(pictures.painting(5, 400, 100), limits).size == (200, 50)
    assert reduce(pictures.painting(5, 100, 401), limits).size == (50, 200)
    same = pictures.painting(5, 200, 200)
    assert reduce(same, limits) is same


def test_thumbnails_are_made_when_a_picture_is_larger_than_one() -> None:
    assert thumbnail(pictures.painting(6, THUMBNAIL_SIDE, 100)) is None
    small = thumbnail(pictures.painting(6, 800, 400))
    assert small is not None
    assert pictures.opened(small).size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)
    assert len(small) < 20_000
