"""A train job's input as typed values; no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .network_config import BLOCKS, NetworkConfig, TrunkName

#: With fewer pictures to learn from only the heads learn.
FEW = 100
#: With fewer the batch norms stay as they were on ImageNet.
MANY = 1500
#: The first block that learns with "last": the last third of the network.
LAST_BLOCKS = 11
#: Sources up to this side are looked at with fewer pixels: there is no more to be seen in them.
SMALL_SIDE = 96
_RATES = {"heads": 2e-4, "last": 5e-4, "all": 5e-4, "small": 2e-3}
#: With batch norms that learn too, steps may be bigger.
_NORMED_RATE = 1e-3
_AMOUNTS = {"none": 0.0, "light": 0.3, "full": 0.7}


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides a training, besides the pictures themselves.

    ``learned_from`` is the first block that learns; ``norms``: its batch norms learn too. ``amount`` is the
    strength of the augmentation, ``rough``: sharpness and traces of encoding vary too.
    """

    labels: str
    only: str
    together: str
    minutes: float
    epochs: float | None
    network: TrunkName
    learned_from: int
    norms: bool
    pixels: int
    amount: float
    rough: bool
    mirror: bool
    rate: float
    average: float
    batch: int
    check_every: int
    patience: int
    seed: int

    @staticmethod
    def from_input(
        data: Mapping[str, Any], pictures: int, side: int, base: NetworkConfig | None = None
    ) -> TrainOptions:
        """Take a complete input, for so many pictures to learn from; the middle one has ``side`` pixels."""
        network: TrunkName = "small" if data["network"] == "small" else "lite0"
        learn = str(data["learn"])
        pixels = int(data["pixels"]) or (160 if side <= SMALL_SIDE else 224)
        if base is not None:
            # A network cannot be changed on the way; its norms are folded in.
            network, pixels, learn = base.trunk, base.pixels, _learned(base)
        if network == "small":
            learn = "small"
        elif learn == "auto":
            learn = "heads" if pictures < FEW else "all"
        first = {"heads": BLOCKS + 1, "last": LAST_BLOCKS, "all": 0, "small": 0}[learn]
        norms = learn == "all" and pictures >= MANY and base is None
        augmentation = str(data["augmentation"])
        return TrainOptions(
            labels=str(data["labels"]),
            only=str(data["only"]).strip(),
            together=str(data["together"]).strip(),
            minutes=float(data["minutes"]),
            epochs=float(data["epochs"]) if "epochs" in data else None,
            network=network,
            learned_from=first,
            norms=norms,
            pixels=pixels,
            amount=_AMOUNTS[augmentation],
            rough=augmentation == "full",
            mirror=bool(data["mirror"]),
            rate=float(data["learning_rate"]) or (_NORMED_RATE if norms else _RATES[learn]),
            average=float(data["average"]),
            batch=int(data["batch"]),
            check_every=int(data["check_every"]),
            patience=int(data["patience"]),
            seed=int(data["seed"]),
        )


def _learned(base: NetworkConfig) -> str:
    return "heads" if base.learned_from > BLOCKS else "all" if base.learned_from == 0 else "last"
