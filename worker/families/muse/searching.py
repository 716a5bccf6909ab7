"""Exact search: cosines with every work, and choices that are near or far but differ among themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .traits import Real

Places = npt.NDArray[np.int64]

#: Rows of a product; always as many, so that a cosine's bytes do not depend on how many works there are.
_ROWS = 4096
#: How much a choice counts by itself; the rest is how little it resembles what is chosen already.
_BALANCE = 0.7
#: So many candidates for each work wanted are looked at, but no more than the best third of all: in a small
#: collection the sixtieth is no longer near.
_POOL, _PART = 5, 3
#: Beyond this share of all distances, and of all distances from the middle, a work is an outlier.
STILL_OF_IT = 0.95


def cosines(vectors: Tensor, query: Real) -> Real:
    """The cosine of ``query`` (d,) with each of the unit vectors (n, d)."""
    wanted = torch.from_numpy(np.ascontiguousarray(query, dtype=np.float32))
    found = [vectors[start : start + _ROWS].float() @ wanted for start in range(0, len(vectors), _ROWS)]
    return np.asarray(torch.cat(found).numpy(), dtype=np.float32)


def falling(values: Real) -> Places:
    """Places by falling value; of equal ones the first comes first."""
    return np.argsort(-values, kind="stable")


def diverse(vectors: Tensor, relevance: Real, candidates: Places, count: int) -> list[int]:
    """``count`` of the candidates, which come by falling relevance: the first, then each time the one that is
    most relevant and least like those before (maximal marginal relevance, Carbonell and Goldstein 1998).
    """
    if count < 1 or not len(candidates):
        return []
    pool = candidates[: max(count, min(_POOL * count, len(candidates) // _PART))]
    rows = vectors[torch.from_numpy(pool)].float().numpy()
    alike = rows @ rows.T
    worth = _unit(relevance[pool])
    chosen = [0]
    nearest = alike[0].copy()
    while len(chosen) < min(count, len(pool)):
        score = _BALANCE * worth - (1.0 - _BALANCE) * nearest
        score[chosen] = -np.inf
        best = int(np.argmax(score))
        chosen.append(best)
        nearest = np.maximum(nearest, alike[best])
    return [int(pool[place]) for place in chosen]


def far_ones(vectors: Tensor, remote: Real, near: Real, count: int, without: Sequence[int]) -> list[int]:
    """``count`` works far away that are still of the collection, different among themselves.

    ``near`` are the cosines (n,) with where one stands; ``remote`` the distances from the middle (n,). Works
    beyond ``STILL_OF_IT`` of either are left out, and those of ``without``.
    """
    distance = 1.0 - near
    allowed = (distance <= np.quantile(distance, STILL_OF_IT)) & (remote <= np.quantile(remote, STILL_OF_IT))
    allowed[list(without)] = False
    order = falling(distance)
    return diverse(vectors, distance, order[allowed[order]], count)


def middle(vectors: Tensor, places: Sequence[int]) -> Real:
    """The direction between some works, a unit vector (d,)."""
    total = vectors[list(places)].float().mean(dim=0).numpy()
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)


def _unit(values: Real) -> Real:
    """Values moved and scaled to 0 ... 1."""
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / (high - low) if high > low else np.ones_like(values))
