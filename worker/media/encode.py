"""Clean pixels to the bytes that are stored and shown."""

from __future__ import annotations

import io

from PIL import Image

from worker.media.limits import Limits

THUMBNAIL_SIDE = 256


def reduce(image: Image.Image, limits: Limits) -> Image.Image:
    """`image`, made smaller when its longer side is over the stored limit."""
    longest = max(image.size)
    if longest <= limits.stored_side:
        return image
    scale = limits.stored_side / longest
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def encode(image: Image.Image, limits: Limits) -> tuple[bytes, str, str]:
    """The stored bytes, their media type and file extension.

    Up to the lossless side a picture is stored as PNG: training reads it near its own size, so every pixel
    counts. Above that a training sees it shrunk by two or more, which averages out what JPEG at quality 95
    with full color resolution changes, and a PNG of a photograph would take five to ten times the room of
    the upload.
    """
    out = io.BytesIO()
    if max(image.size) <= limits.lossless_side:
        image.save(out, "PNG", optimize=False, compress_level=6)
        return out.getvalue(), "image/png", "png"
    image.save(out, "JPEG", quality=95, subsampling="4:4:4", optimize=True)
    return out.getvalue(), "image/jpeg", "jpg"


def thumbnail(image: Image.Image) -> bytes | None:
    """A small WebP of `image`, or None when it is small enough to be shown itself."""
    if max(image.size) <= THUMBNAIL_SIDE:
        return None
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80)
    return out.getvalue()
