"""One hostile picture to clean pixels: 8-bit sRGB, upright, on white, without metadata.

Runs in the limited child only. Sizes are checked against the header before any pixel is decoded.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin, WebPImagePlugin

from shared.errors import BadFile
from worker.media import sniff
from worker.media.encode import reduce
from worker.media.limits import Limits

# Registered explicitly: Pillow's own preload knows neither.
PLUGINS = (TiffImagePlugin.TiffImageFile, WebPImagePlugin.WebPImageFile)
FORMATS_TEXT = "PNG, JPEG, WebP, GIF, BMP or TIFF"


ANIMATED = ("GIF", "PNG", "WEBP")
ORIENTATION = 0x0112
# What turns a picture upright for each value of the EXIF tag (CIPA DC-008, 4.6.5.1).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """Clean pixels (mode RGB, upright, at most the stored side), and what the file was.

    `longest` and `shortest` are the sides of the upload in pixels.
    """

    image: Image.Image
    format: str
    frames: int
    longest: int
    shortest: int


def decode(data: bytes, limits: Limits) -> Picture:
    """The clean pixels of `data`, its first frame when it has several.

    Raises:
        BadFile: empty_file, not_an_image, unsupported_format, image_too_large, image_too_small,
            truncated_image or damaged_image.
    """
    kind = _picture_kind(data)
    if kind == "WEBP" and (size := sniff.webp_size(data)) is not None:
        _check_size(*size, limits)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            _check_size(*image.size, limits)
            frames = _frames(image, kind, limits)
            image.load()
            longest, shortest = max(image.size), min(image.size)
            return Picture(_clean(image, limits), kind, frames, longest, shortest)
    except BadFile:
        raise
    except (MemoryError, Image.DecompressionBombError):
        raise BadFile(
            "The picture has more pixels than may be taken. Make it smaller.", code="image_too_large"
        ) from None
    except Exception as error:
        # Decoders raise anything at all on broken input (OSError, SyntaxError, struct.error, IndexError ...).
        raise _broken(kind, data, error) from error


def _picture_kind(data: bytes) -> str:
    if not data:
        raise BadFile("The file is empty.", code="empty_file")
    kind = sniff.kind(data[:1024])
    if kind in sniff.PICTURES:
        return kind
    if kind in ("text", "HTML"):
        raise BadFile(f"This is {kind}, not a picture.", code="not_an_image")
    if not kind:
        raise BadFile(f"This is not a picture that Atelier knows. Use {FORMATS_TEXT}.", code="not_an_image")
    raise BadFile(f"{kind} files are not taken. Save it as {FORMATS_TEXT}.", code="unsupported_format")


def _check_size(width: int, height: int, limits: Limits) -> None:
    if min(width, height) < 1:
        raise BadFile("The picture has no pixels.", code="damaged_image")
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise BadFile(
            f"The picture is {width} x {height}; at most {limits.pixels // 1_000_000} megapixels and "
            f"{limits.side} pixels a side are taken. Make it smaller.",
            code="image_too_large",
        )
    if min(width, height) < limits.smallest_side:
        raise BadFile(
            f"The picture is {width} x {height}; at least {limits.smallest_side} pixels a side are needed.",
            code="image_too_small",
        )


def _frames(image: Image.Image, kind: str, limits: Limits) -> int:
    # A TIFF's pages are a linked list, as long as the file likes, and a phone's JPEG carries depth maps
    # beside the picture: of both only the first is ever looked at.
    frames = int(getattr(image, "n_frames", 1)) if kind in ANIMATED else 1
    if frames * image.width * image.height > limits.frame_pixels:
        raise BadFile(
            f"The animation has {frames} frames of {image.width} x {image.height}; "
            f"at most {limits.frame_pixels // 1_000_000} megapixels over all frames are taken.",
            code="image_too_large",
        )
    return frames


def _clean(image: Image.Image, limits: Limits) -> Image.Image:
    turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    profile = image.info.get("icc_profile")
    # Reduced first: color work on fifty million pixels would take a gigabyte.
    colors = reduce(_plain(image), limits)
    if colors.mode == "RGBA":
        flat = Image.new("RGB", colors.size, "white")
        flat.paste(_to_srgb(colors.convert("RGB"), profile), mask=colors.getchannel("A"))
    else:
        flat = _to_srgb(colors, profile)
    upright = flat if turn is None else flat.transpose(turn)
    # Encoders copy profiles and text from here: nothing of the upload's metadata goes on.
    upright.info = {}
    return upright


def _plain(image: Image.Image) -> Image.Image:
    """`image` in a mode that can be resized: RGB, RGBA, L, CMYK or YCbCr."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("RGB", "L", "CMYK", "YCbCr"):
        return image
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.dtype != np.uint16:
            values = np.clip(values, 0, 0xFFFF).astype(np.uint16)
        return Image.fromarray((values >> 8).astype(np.uint8))
    if image.mode == "F":
        raise BadFile("Pictures with floating-point pixels are not taken.", code="unsupported_format")
    return image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # A profile that cannot be read, or one for other channels: the numbers are taken as sRGB.
        return image.convert("RGB")
    return image.convert("RGB") if converted is None else converted


def _broken(kind: str, data: bytes, error: Exception) -> BadFile:
    if sniff.looks_cut(kind, data) or "truncated" in str(error).lower():
        return BadFile(
            f"The {kind} file ends too early: it is cut off. Upload it again.", code="truncated_image"
        )
    return BadFile(f"The {kind} file is damaged and cannot be read.", code="damaged_image")
