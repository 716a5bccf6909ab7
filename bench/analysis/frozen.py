"""The baseline: frozen features of EfficientNet-Lite0 at 224 pixels, and logistic regression on them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.families.art_cnn.loaded import Levels
from worker.vision.efficientnet import load_lite
from worker.vision.features import squared

PIXELS = 224
#: The best of 1e-2 to 1e-5 on each set, so that the baseline is as good as it can be.
PENALTIES = (1e-2, 1e-3, 1e-4, 1e-5)


@torch.no_grad()
def features(pictures: Sequence[Levels], device: str) -> Tensor:
    """Unit features (n, 1280)."""
    network = load_lite("lite0").to(device)
    found = []
    for start in range(0, len(pictures), 32):
        rows = torch.stack([squared(one, PIXELS) for one in pictures[start : start + 32]])
        found.append(network(rows.to(device).float() / 127.5 - 1.0).cpu())
    return F.normalize(torch.cat(found), dim=1)


def regression(train: Tensor, truth: Tensor, test: Tensor, classes: int, penalty: float) -> Tensor:
    """Probabilities (n, classes) of ``test`` after learning from ``train``; unit features."""
    scale = 10.0
    weight = torch.zeros(train.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(scale * train @ weight + bias, truth) + penalty * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    solver.step(loss)  # type: ignore[no-untyped-call]
    return (scale * test @ weight + bias).softmax(1).detach().double()
