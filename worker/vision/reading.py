"""One picture that a job names, as pixels: a file from outside is decoded in a limited process of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.errors import BadFile
from shared.workspaces import workspace
from worker.media.decode import decode
from worker.media.limits import MIB, Limits
from worker.media.picture_child import NAME
from worker.media.sandbox import run_limited

#: Fifty million pixels are decoded within a few seconds.
LIMITS = Limits(memory=1280 * MIB, cpu_seconds=30, wall_seconds=60.0, output_file=64 * MIB, smallest_side=1)
#: The names of its workspaces begin so.
WORKSPACES = "atelier-picture-"


def read_picture(data: bytes, field: str, *, foreign: bool = True) -> NDArray[np.uint8]:
    """The clean pixels of a file, uint8 (h, w, 3), sRGB, upright, at most 2048 a side.

    What we made ourselves, or took in as a data set, is decoded right here with ``foreign`` false.

    Raises:
        BadFile: with a code of ``worker.media.decode``, or too_much_memory or too_slow, naming ``field``.
    """
    try:
        if not foreign:
            return np.array(decode(data, LIMITS).image)
        return _walled(data)
    except BadFile as error:
        raise BadFile(error.message, code=error.code, field=field, detail=error.detail) from None


def _walled(data: bytes) -> NDArray[np.uint8]:
    with workspace(WORKSPACES) as folder:
        source = folder / "source"
        source.write_bytes(data)
        run_limited("worker.media.picture_child", [(source, "source")], folder, LIMITS, lambda *_: None)
        # Whatever the child has become: one name, and plain pixels.
        try:
            with Image.open(folder / NAME, formats=["BMP"]) as image:
                if max(image.size) > LIMITS.stored_side:
                    raise OSError("larger than any that was asked for")
                return np.array(image.convert("RGB"))
        except OSError as error:
            raise BadFile("The picture cannot be read.", code="damaged_image") from error
