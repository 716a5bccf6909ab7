"""What all files of this family share."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.family import Request
from worker.recipes import recipe

from . import FAMILY

JSON, PNG, WEBP, CSV = "application/json", "image/png", "image/webp", "text/csv"


def sheet(pictures: Sequence[NDArray[np.uint8]]) -> bytes:
    """Pictures (h, w, 3), at least one, in rows of four, as WebP."""
    cells = [np.array(Image.fromarray(one).resize((96, 96), Image.Resampling.LANCZOS)) for one in pictures]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % 4)
    rows = [np.concatenate(cells[start : start + 4], axis=1) for start in range(0, len(cells), 4)]
    target = io.BytesIO()
    Image.fromarray(np.concatenate(rows)).save(target, "WEBP", quality=88)
    return target.getvalue()


def plain(report: Mapping[str, Any]) -> bytes:
    """A report as it is stored."""
    return json.dumps(report, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def recipe_of(request: Request) -> dict[str, Any]:
    """What makes the same report again when it is submitted."""
    return recipe(FAMILY.description, request, request.input)
