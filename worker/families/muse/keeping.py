"""The traits of works as tensors, for checkpoints. The header of such a file holds some megabytes only, so
words go into a tensor too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from .traits import Traits


def packed(traits: Sequence[Traits]) -> dict[str, Tensor]:
    """``vectors`` float32 (n, d), ``figures`` float64 (n, f), NaN where a work lacks one, and ``words``, the
    rest and the names of the figures as UTF-8 JSON, uint8. ``unpacked`` takes them back exactly.
    """
    names = sorted({name for one in traits for name in one.figures})
    figures = [[one.figures.get(name, np.nan) for name in names] for one in traits]
    vectors = np.stack([one.vector for one in traits]) if traits else np.zeros((0, 1), np.float32)
    told = {"names": names, "works": [one.to_plain() for one in traits]}
    text = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
    return {
        "vectors": torch.from_numpy(vectors),
        "figures": torch.tensor(figures, dtype=torch.float64).reshape(len(traits), len(names)),
        "words": torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8),
    }


def unpacked(tensors: Mapping[str, Tensor]) -> list[Traits]:
    """What ``packed`` was given."""
    told = json.loads(tensors["words"].numpy().tobytes())
    rows = zip(
        tensors["vectors"].numpy().astype(np.float32),
        tensors["figures"].tolist(),
        told["works"],
        strict=True,
    )
    return [
        Traits.of_plain(vector, _figures(told["names"], figures), plain) for vector, figures, plain in rows
    ]


def _figures(names: Sequence[str], row: Sequence[float]) -> dict[str, float]:
    return {name: value for name, value in zip(names, row, strict=True) if not np.isnan(value)}
