"""How good answers are: accuracy, macro-F1, confusion, calibration, and what is gained by not answering."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

BINS = 15
#: The temperatures that are tried: from far too sure to far too modest.
_TEMPERATURES = torch.logspace(-1.5, 1.5, 241, base=2.0, dtype=torch.float64)


@dataclass(frozen=True)
class Measures:
    """Of a head on pictures with a known class. ``confusion``: int64, rows the truth, columns the answer."""

    accuracy: float
    macro_f1: float
    ece: float
    loss: float
    majority: float
    confusion: Tensor
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]


def measure(probabilities: Tensor, truth: Tensor) -> Measures:
    """Measure answers (n, classes), rows adding up to 1, against classes (n,)."""
    classes = probabilities.shape[1]
    answers = probabilities.argmax(1)
    confusion = torch.bincount(truth * classes + answers, minlength=classes * classes)
    confusion = confusion.reshape(classes, classes)
    hits = confusion.diagonal().double()
    said, true = confusion.sum(0).double(), confusion.sum(1).double()
    precision, recall = hits / said.clamp_min(1), hits / true.clamp_min(1)
    f1 = 2 * hits / (said + true).clamp_min(1)
    seen = true > 0
    picked = probabilities.double().gather(1, truth[:, None]).clamp_min(1e-12)
    return Measures(
        accuracy=float(hits.sum() / max(1, len(truth))),
        macro_f1=float(f1[seen].mean()) if bool(seen.any()) else 0.0,
        ece=calibration_error(probabilities, truth),
        loss=float(-picked.log().sum() / max(1, len(truth))),
        majority=float(true.max() / max(1, len(truth))),
        confusion=confusion,
        precision=tuple(precision.tolist()),
        recall=tuple(recall.tolist()),
        f1=tuple(f1.tolist()),
    )


def calibration_error(probabilities: Tensor, truth: Tensor, bins: int = BINS) -> float:
    """Expected calibration error of the top answers in bins of equal width (Guo et al. 2017)."""
    if not len(truth):
        return 0.0
    sure, answers = probabilities.double().max(1)
    right = (answers == truth).double()
    place = (sure * bins).long().clamp_max(bins - 1)
    count = torch.bincount(place, minlength=bins)
    off = torch.bincount(place, weights=right - sure, minlength=bins).abs()
    return float(off[count > 0].sum() / len(truth))


def temperature_of(logits: Tensor, truth: Tensor) -> float:
    """The temperature by which logits are divided so that the truth is likeliest (Guo et al. 2017)."""
    if not len(truth):
        return 1.0
    losses = [F.cross_entropy(logits.double() / t, truth) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(torch.stack(losses).argmin())])


def risk_and_coverage(probabilities: Tensor, truth: Tensor) -> list[tuple[float, float, float]]:
    """(threshold, coverage, accuracy of the answers at least so sure), the surest first."""
    sure, answers = probabilities.double().max(1)
    order = sure.argsort(descending=True, stable=True)
    right = (answers == truth).double()[order].cumsum(0)
    n = len(truth)
    return [(float(sure[order[k]]), (k + 1) / n, float(right[k] / (k + 1))) for k in range(n)]


def threshold_of(probabilities: Tensor, truth: Tensor, least_coverage: float = 0.5) -> float:
    """The confidence below which an answer is withheld: the lowest at which the answers given are wrong at
    most half as often as all would be, while at least ``least_coverage`` are given.
    """
    told = risk_and_coverage(probabilities, truth)
    if not told:
        return 0.0
    # Answers that are as sure as one another are given together or not at all.
    curve = [
        one for one, after in zip(told, [*told[1:], None], strict=True) if not after or after[0] < one[0]
    ]
    wanted = 1.0 - (1.0 - curve[-1][2]) / 2.0
    fitting = [one for one in curve if one[2] >= wanted and one[1] >= least_coverage]
    if fitting:
        return fitting[-1][0]
    enough = [one for one in curve if one[1] >= least_coverage]
    return max(enough, key=lambda one: one[2])[0]
