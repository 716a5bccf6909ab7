"""Pictures laid out on a sheet, as PNG bytes."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from worker.family import Product


def sheet(levels: Tensor, columns: int) -> npt.NDArray[np.uint8]:
    """uint8 (n, 3, r, r) to (rows * r, columns * r, 3), row by row; empty places are white."""
    count, _, height, width = levels.shape
    rows = -(-count // columns)
    padded = torch.full((rows * columns, 3, height, width), 255, dtype=torch.uint8)
    padded[:count] = levels
    laid = padded.view(rows, columns, 3, height, width).permute(0, 3, 1, 4, 2)
    return np.ascontiguousarray(laid.reshape(rows * height, columns * width, 3).numpy())


def grid_product(
    role: str, name: str, levels: Tensor, columns: int, position: int, meta: dict[str, object]
) -> Product:
    """A sheet as a product."""
    image = Image.fromarray(sheet(levels, columns))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return Product(
        role,
        name,
        "image/png",
        out.getvalue(),
        position=position,
        width=image.width,
        height=image.height,
        meta=meta,
    )


def paired(samples: Tensor, neighbors: Tensor) -> Tensor:
    """Samples over their neighbors, in rows of eight: (n, ...) twice to (2 n, ...)."""
    rows = [
        torch.cat([a, b]) for a, b in zip(torch.split(samples, 8), torch.split(neighbors, 8), strict=True)
    ]
    return torch.cat(rows)
