"""Single pictures: what is refused with which code, and how clean the rest comes out."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from shared.errors import BadFile
from tests.hostile import pictures
from worker.media.decode import decode
from worker.media.limits import Limits

LIMITS = Limits()


def refusal(data: bytes, limits: Limits = LIMITS) -> BadFile:
    with pytest.raises(BadFile) as caught:
        decode(data, limits)
    return caught.value


@pytest.mark.parametrize("name", ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
def test_each_format_is_taken(name: str) -> None:
    picture = decode(pictures.saved(pictures.painting(), name), LIMITS)
    assert (picture.format, picture.frames) == (name, 1)
    assert (picture.image.mode, picture.image.size) == ("RGB", (64, 48))
    assert np.abs(np.asarray(picture.image, float) - np.asarray(pictures.painting(), float)).mean() < 25


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"this is not a picture", "not_an_image"),
        (b"<!doctype html><p>", "not_an_image"),
        (bytes(range(256)), "not_an_image"),
        (pictures.EPS, "unsupported_format"),
        (pictures.SVG, "unsupported_format"),
        (b"%PDF-1.4", "unsupported_format"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "unsupported_format"),
        (b"\x89PNG\r\n\x1a\n", "truncated_image"),
        (pictures.saved(pictures.painting())[:-40], "truncated_image"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_its_code(data: bytes, code: str) -> None:
    error = refusal(data)
    assert error.code == code
    assert error.status == 422
    assert not error.retryable


@pytest.mark.parametrize("name", ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
@pytest.mark.parametrize("share", (0.2, 0.6, 0.9))
def test_a_cut_picture_is_refused(name: str, share: float) -> None:
    whole = pictures.saved(pictures.painting(width=200, height=200), name)
    assert refusal(whole[: int(len(whole) * share)]).code in ("truncated_image", "damaged_image")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_12000_x_12000_png_is_refused_before_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pictures.png_bomb(12_000)
    assert len(bomb) < 20_000

    def load(self: Image.Image) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert refusal(bomb).code == "image_too_large"
    assert refusal(pictures.png_bomb(20_000)).code == "image_too_large"


def test_a_webp_that_claims_a_huge_canvas_is_refused_before_it_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def open_(*_: object, **__: object) -> None:
        raise AssertionError("the canvas was allocated")

    monkeypatch.setattr("PIL.Image.open", open_)
    assert refusal(pictures.webp_bomb()).code == "image_too_large"


def test_side_and_area_have_their_own_caps() -> None:
    limits = replace(LIMITS, side=100, pixels=5000)
    assert refusal(pictures.saved(pictures.painting(width=101, height=40)), limits).code == "image_too_large"
    assert refusal(pictures.saved(pictures.painting(width=80, height=80)), limits).code == "image_too_large"
    assert decode(pictures.saved(pictures.painting(width=100, height=50)), limits).image.size == (100, 50)


def test_small_pictures_are_refused_by_their_shorter_side() -> None:
    assert refusal(pictures.saved(pictures.painting(width=31, height=64))).code == "image_too_small"
    assert decode(pictures.saved(pictures.painting(width=32, height=32)), LIMITS).image.size == (32, 32)


def test_frames_times_pixels_are_capped() -> None:
    error = refusal(pictures.gif(401, 2000))
    assert error.code == "image_too_large"
    assert "401 frames" in error.message


def test_of_a_short_animation_the_first_frame_is_kept() -> None:
    first, second = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (40, 40), "blue")
    for name in ("GIF", "PNG", "WEBP"):
        options = {"lossless": True} if name == "WEBP" else {}
        data = pictures.saved(first, name, save_all=True, append_images=[second], duration=100, **options)
        picture = decode(data, LIMITS)
        assert picture.frames == 2
        assert picture.image.getpixel((20, 20)) == (255, 0, 0)


@pytest.mark.parametrize("format", ("TIFF", "MPO"))
def test_further_pages_are_never_looked_at(format: str) -> None:
    first, second = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (50, 50), "blue")
    picture = decode(pictures.saved(first, format, save_all=True, append_images=[second]), LIMITS)
    assert picture.frames == 1
    assert picture.image.size == (40, 40)


def test_compressed_text_inside_a_png_cannot_explode() -> None:
    assert refusal(pictures.text_bomb()).code == "damaged_image"


def test_the_camera_orientation_is_applied_and_all_metadata_dropped() -> None:
    image = Image.new("RGB", (64, 40), "black")
    image.paste("white", (0, 0, 64, 8))
    clean = decode(pictures.with_gps(image, orientation=6), LIMITS).image
    assert clean.size == (40, 64)
    column = np.asarray(clean.convert("L"))
    assert column[:, -4:].mean() > 240
    assert column[:, :20].mean() < 15
    assert not clean.info
    assert not clean.getexif()


@pytest.mark.parametrize("format", ("JPEG", "PNG", "WEBP", "TIFF"))
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_turns_the_picture_as_viewers_do(orientation: int, format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pictures.saved(pictures.painting(2, 60, 40), format, exif=exif.tobytes())
    expected = ImageOps.exif_transpose(pictures.opened(data)).convert("RGB")
    clean = decode(data, LIMITS).image
    assert clean.size == expected.size == ((60, 40) if orientation < 5 else (40, 60))
    assert clean.tobytes() == expected.tobytes()


def test_transparent_pixels_become_white() -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 20, 40))
    for name in ("PNG", "WEBP", "TIFF"):
        options = {"lossless": True} if name == "WEBP" else {}
        clean = decode(pictures.saved(image, name, **options), LIMITS).image
        assert clean.getpixel((30, 5)) == (255, 255, 255)
        assert clean.getpixel((5, 5)) == (0, 0, 255)


def test_a_transparent_palette_color_becomes_white() -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(1, (0, 0, 20, 40))
    clean = decode(pictures.saved(image, "PNG", transparency=0), LIMITS).image
    assert clean.getpixel((30, 5)) == (255, 255, 255)
    assert clean.getpixel((5, 5)) == (200, 100, 50)


@pytest.mark.parametrize(("mode", "format"), [("L", "PNG"), ("1", "PNG"), ("CMYK", "JPEG"), ("CMYK", "TIFF")])
def test_other_color_modes_become_rgb(mode: str, format: str) -> None:
    clean = decode(pictures.saved(pictures.painting().convert(mode), format), LIMITS).image
    assert (clean.mode, clean.size) == ("RGB", (64, 48))


@pytest.mark.parametrize("mode", ("RGB", "RGBA", "L", "P", "1", "CMYK", "I;16"))
def test_pictures_over_the_stored_side_are_reduced_in_every_mode(mode: str) -> None:
    limits = replace(LIMITS, stored_side=50)
    if mode == "I;16":
        source = Image.fromarray(np.full((200, 400), 40_000, np.uint16))
    else:
        source = Image.new("RGB", (400, 200), "white").convert(mode)
    picture = decode(pictures.saved(source, "TIFF"), limits)
    assert picture.image.size == (50, 25)
    assert (picture.longest, picture.shortest) == (400, 200)
    assert picture.image.getpixel((20, 10)) == ((156,) * 3 if mode == "I;16" else (255,) * 3)


def test_sixteen_bit_gray_keeps_its_brightness() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    for name in ("PNG", "TIFF"):
        clean = decode(pictures.saved(Image.fromarray(ramp), name), LIMITS).image
        assert np.abs(np.asarray(clean)[:, :, 0].astype(int) - (ramp >> 8)).max() <= 1


def test_floating_point_pixels_are_refused() -> None:
    floats = Image.fromarray(np.ones((40, 40), np.float32))
    assert refusal(pictures.saved(floats, "TIFF")).code == "unsupported_format"


def test_a_color_profile_is_applied_and_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (40, 40), (200, 60, 30))
    clean = decode(pictures.saved(image, "PNG", icc_profile=lab), LIMITS).image
    assert "icc_profile" not in clean.info
    assert np.abs(np.array(clean.getpixel((5, 5))) - (200, 60, 30)).max() <= 2


def test_a_broken_color_profile_costs_nothing_but_itself() -> None:
    data = pictures.saved(Image.new("RGB", (40, 40), (200, 60, 30)), "PNG", icc_profile=b"not a profile")
    assert decode(data, LIMITS).image.getpixel((5, 5)) == (200, 60, 30)


def test_bytes_behind_the_end_of_a_png_change_nothing() -> None:
    good = pictures.saved(pictures.painting())
    tailed = decode(good + pictures.HTML_TAIL, LIMITS)
    assert tailed.image.tobytes() == decode(good, LIMITS).image.tobytes()


def test_a_wrong_checksum_is_damage_and_not_a_cut() -> None:
    data = bytearray(pictures.saved(pictures.painting()))
    at = data.index(b"IDAT") + 8
    data[at] ^= 0xFF
    assert refusal(bytes(data)).code in ("damaged_image", "truncated_image")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
def test_random_damage_gives_pictures_or_codes_and_nothing_else(name: str) -> None:
    whole = pictures.saved(pictures.painting(), name)
    dice = random.Random(zlib.crc32(name.encode()))
    known = {"truncated_image", "damaged_image", "image_too_large", "image_too_small", "not_an_image"}
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            assert decode(bytes(data), LIMITS).image.mode == "RGB"
        except BadFile as error:
            assert error.code in known | {"unsupported_format"}
