"""Looking at unseen pictures while a network learns: its figures, and the best one so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from worker.family import Snapshot

from .confusion import confusion_product
from .labels import UNKNOWN
from .learning import see
from .measures import Measures, measure
from .network import ArtNetwork


@dataclass(frozen=True)
class Best:
    """The best look so far: at which step, its loss, and the network's own tensors then."""

    step: int
    loss: float
    state: dict[str, Tensor]


class Checks:
    """Measures a network on the pictures kept back. The best look is the one of the smallest loss: shares of
    right answers jump about among a few dozen pictures. With ``keep_last`` it is the last.
    """

    def __init__(self, pixels: Tensor, truth: Tensor, device: str, *, keep_last: bool) -> None:
        self._pixels, self._truth, self._device = pixels, truth, device
        self._keep_last = keep_last
        self.best: Best | None = None
        self.history: list[dict[str, float]] = []
        self.since_best = 0
        self.latest_step = -1

    def take(self, network: ArtNetwork, step: int) -> Snapshot:
        """Look at the pictures kept back through a network in evaluation mode."""
        self.latest_step = step
        logits, _ = see(network, self._pixels, self._device)
        measured = [self._measure(place, part) for place, part in enumerate(network.by_head(logits))]
        names = [head.name for head in network.config.heads]
        metrics: dict[str, float] = {}
        for name, one in zip(names, measured, strict=True):
            metrics |= {
                f"{name}_accuracy": round(one.accuracy, 4),
                f"{name}_macro_f1": round(one.macro_f1, 4),
                f"{name}_ece": round(one.ece, 4),
            }
        loss = sum(one.loss for one in measured) / len(measured)
        metrics["valid_loss"] = round(loss, 4)
        self.history.append({"step": float(step), **metrics})
        self.since_best += 1
        if self.best is None or loss < self.best.loss or self._keep_last:
            state = {name: value.detach().cpu().clone() for name, value in network.own_state().items()}
            self.best, self.since_best = Best(step, loss, state), 0
        heads, found = network.config.heads, [one.confusion for one in measured]
        grid = confusion_product(heads, found, step)
        return Snapshot([grid], metrics)

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        best = self.best
        return {
            "best": None if best is None else {"step": best.step, "loss": best.loss, "state": best.state},
            "history": self.history,
            "since_best": self.since_best,
            "latest_step": self.latest_step,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state``."""
        best = state["best"]
        self.best = None if best is None else Best(best["step"], best["loss"], dict(best["state"]))
        self.history = [dict(one) for one in state["history"]]
        self.since_best, self.latest_step = state["since_best"], state["latest_step"]

    def _measure(self, place: int, logits: Tensor) -> Measures:
        known = self._truth[:, place] != UNKNOWN
        return measure(logits[known].softmax(1), self._truth[known, place])


def kept(network: ArtNetwork, state: Mapping[str, Tensor]) -> ArtNetwork:
    """``network`` with the tensors of a look."""
    with torch.no_grad():
        network.load_state_dict(dict(state), strict=False)
    return network
