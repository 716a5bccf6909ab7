"""How a version judges: temperatures, when it is not sure, and what lies outside of what it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from shared.errors import InvalidInput

from .labels import UNKNOWN
from .measures import Measures, measure, risk_and_coverage, temperature_of, threshold_of

#: The distance to what is known is that to the so-many-th nearest picture.
NEIGHBOURS = 3
#: A picture that lies farther off than this share of unseen pictures of the data set is outside.
INSIDE = 0.97
_QUANTILES = tuple(place / 20 for place in range(21))


@dataclass(frozen=True)
class HeadJudgement:
    """Of one head: logits are divided by ``temperature``; answers less likely than ``threshold`` are
    withheld. ``accuracy`` is that of the answers given to unseen pictures, ``coverage`` their share.
    """

    temperature: float
    threshold: float
    accuracy: float
    coverage: float


@dataclass(frozen=True)
class Judgement:
    """How the answers of a version are to be read; ``nearest`` are quantiles of the distance of unseen
    pictures to the nearest that was learned from, ``bound`` the distance from which one is a stranger.
    """

    heads: tuple[HeadJudgement, ...]
    nearest: tuple[float, ...]
    bound: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        heads = [[one.temperature, one.threshold, one.accuracy, one.coverage] for one in self.heads]
        return {"heads": heads, "nearest": list(self.nearest), "bound": self.bound}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Judgement:
        """Read ``to_dict``'s JSON. Raises InvalidInput when it cannot be used."""
        try:
            heads = tuple(HeadJudgement(*map(float, one)) for one in data["heads"])
            found = Judgement(heads, tuple(map(float, data["nearest"])), float(data["bound"]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInput("The version's description of its judgement cannot be read.") from error
        told = [value for one in heads for value in astuple(one)] + [*found.nearest, found.bound]
        usable = all(map(isfinite, told)) and all(one.temperature > 0.0 for one in heads)
        if not usable or not found.nearest:
            raise InvalidInput("The version's description of its judgement cannot be used.")
        return found

    def inside(self, nearest: float, distance: float) -> bool:
        """Whether a picture is of the kind that was learned from: it lies as near to the nearest work as half
        of the unseen pictures do, or near enough to several (``distance`` is that to the third).
        """
        return distance <= self.bound or nearest <= self.nearest[len(self.nearest) // 2]

    def percentile(self, distance: float) -> float:
        """The share of unseen pictures, 0 to 100, that lie nearer to what was learned from."""
        return 100.0 * sum(one < distance for one in self.nearest) / max(1, len(self.nearest))


@dataclass(frozen=True)
class HeadReport:
    """How good one head is on unseen pictures, before and after its temperature."""

    before: Measures
    after: Measures
    judgement: HeadJudgement


def judge_heads(logits: Sequence[Tensor], truth: Tensor) -> list[HeadReport]:
    """Fit each head's temperature and threshold to unseen pictures, and measure it there.

    ``logits`` are (n, classes) for each head, ``truth`` classes (n, heads).
    """
    found = []
    for place, part in enumerate(logits):
        known = truth[:, place] != UNKNOWN
        told, classes = part[known].double(), truth[known, place]
        temperature = temperature_of(told, classes)
        before, likely = told.softmax(1), (told / temperature).softmax(1)
        # Nothing was seen of it: it is never sure.
        threshold = threshold_of(likely, classes) if len(classes) else 1.0
        given = [one for one in risk_and_coverage(likely, classes) if one[0] >= threshold]
        coverage, accuracy = given[-1][1:] if given else (0.0, 0.0)
        judgement = HeadJudgement(temperature, threshold, accuracy, coverage)
        found.append(HeadReport(measure(before, classes), measure(likely, classes), judgement))
    return found


def judgement_of(reports: Sequence[HeadReport], unseen: Tensor, known: Tensor) -> Judgement:
    """From the heads, and the features of unseen and learned pictures, unit vectors (n, d)."""
    near, far = distances(unseen, known)
    levels = torch.tensor(_QUANTILES, dtype=torch.float64)
    quantiles = torch.quantile(near.double(), levels) if len(near) else torch.zeros(len(levels))
    bound = float(torch.quantile(far.double(), INSIDE)) if len(far) else 1.0
    nearest = tuple(round(value, 6) for value in quantiles.tolist())
    return Judgement(tuple(report.judgement for report in reports), nearest, round(bound, 6))


def distances(features: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine distances (n,) to the nearest of ``known`` and to its third nearest; all unit vectors."""
    count = min(NEIGHBOURS, len(known))
    if not count:
        return torch.ones(len(features)), torch.ones(len(features))
    best = (features @ known.T).topk(count, dim=1).values
    return 1.0 - best[:, 0], 1.0 - best[:, -1]
