"""The space in which works of a collection are compared: centred, scaled, of length one.

What all works share says nothing of any of them: without their mean, a few works are no longer near to
everything (Suzuki et al., "Centering similarity measures to reduce hubs", EMNLP 2013). Figures of music have
units of their own, so each is divided by its deviation too; features of pictures have one scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .traits import Real

#: Fewer works than this have no mean worth subtracting.
_FEW = 3


@dataclass(frozen=True)
class Space:
    """``centre`` and ``scale``, float32 (d,) each."""

    centre: Real
    scale: Real

    @staticmethod
    def of(rows: Real, *, standardised: bool) -> Space:
        """The space of vectors (n, d)."""
        if len(rows) < _FEW:
            return Space(np.zeros(rows.shape[1], np.float32), np.ones(rows.shape[1], np.float32))
        wide = rows.astype(np.float64)
        scale = wide.std(axis=0) if standardised else np.ones(rows.shape[1])
        scale[scale < 1e-6] = 1.0
        return Space(wide.mean(axis=0).astype(np.float32), scale.astype(np.float32))

    def place(self, rows: Real) -> Real:
        """Vectors (n, d) as unit vectors of the space; one that is the mean itself stays all zeros."""
        moved = (rows - self.centre) / self.scale
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved / np.maximum(lengths, 1e-9), dtype=np.float32)

    def remoteness(self, rows: Real) -> Real:
        """How far from the mean vectors (n, d) lie, (n,)."""
        return np.asarray(np.linalg.norm((rows - self.centre) / self.scale, axis=1), dtype=np.float32)
