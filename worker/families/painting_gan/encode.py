"""Levels to files with the recipe inside."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Levels = npt.NDArray[np.uint8]

_THUMBNAIL_SIDE = 256
_IMAGE_DESCRIPTION = 0x010E


def recipe_text(recipe: dict[str, Any]) -> str:
    """The recipe as it stands in files: JSON with sorted keys."""
    return json.dumps(recipe, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def png(levels: Levels, recipe: dict[str, Any]) -> bytes:
    """One picture (h, w, 3) as PNG, its recipe in an iTXt chunk."""
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "PNG", compress_level=6, pnginfo=_text_chunk(recipe))
    return out.getvalue()


def thumbnail(levels: Levels) -> bytes:
    """A WebP of at most 256 pixels a side; smaller pictures keep their size."""
    image = Image.fromarray(levels)
    image.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=90, method=4)
    return out.getvalue()


def animation(
    frames: Sequence[Levels], form: str, milliseconds: int, recipe: dict[str, Any]
) -> tuple[bytes, str, str]:
    """Frames as "gif", "apng" or "webp": bytes, media type, file ending. It loops for ever."""
    first, *rest = [Image.fromarray(frame) for frame in frames]
    out = io.BytesIO()
    options: dict[str, Any] = {"save_all": True, "append_images": rest, "duration": milliseconds, "loop": 0}
    if form == "gif":
        first.save(out, "GIF", comment=recipe_text(recipe).encode(), **options)
        return out.getvalue(), "image/gif", "gif"
    if form == "apng":
        first.save(out, "PNG", compress_level=6, pnginfo=_text_chunk(recipe), **options)
        return out.getvalue(), "image/apng", "png"
    exif = Image.Exif()
    exif[_IMAGE_DESCRIPTION] = recipe_text(recipe)
    first.save(out, "WEBP", quality=90, method=4, exif=exif.tobytes(), **options)
    return out.getvalue(), "image/webp", "webp"


def _text_chunk(recipe: dict[str, Any]) -> PngInfo:
    info = PngInfo()
    info.add_itxt("atelier", recipe_text(recipe))
    return info
