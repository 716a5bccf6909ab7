"""A train job's input as typed values; no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .network_config import NetworkConfig

LOOKBACK_HEADS = 4


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides a training besides the music. ``steps`` or else ``minutes`` say when to end."""

    minutes: float
    steps: int | None
    only: str
    representation: str
    cell: str
    hidden: int
    layers: int
    lookback: bool
    dropout: float
    learning_rate: float
    average: float
    batch: int
    crop: int
    transpose: int
    check_every: int
    patience: int
    seed: int

    def network(self) -> NetworkConfig:
        """The network that these options ask for."""
        heads = LOOKBACK_HEADS if self.lookback else 0
        return NetworkConfig(cell=self.cell, hidden=self.hidden, layers=self.layers, heads=heads)

    @staticmethod
    def from_input(data: Mapping[str, Any]) -> TrainOptions:
        """Take a complete input."""
        return TrainOptions(
            minutes=float(data["minutes"]),
            steps=int(data["steps"]) if "steps" in data else None,
            only=str(data.get("only", "")).strip(),
            representation=str(data["representation"]),
            cell=str(data["cell"]),
            hidden=int(data["hidden"]),
            layers=int(data["layers"]),
            lookback=bool(data["lookback"]),
            dropout=float(data["dropout"]),
            learning_rate=float(data["learning_rate"]),
            average=float(data["average"]),
            batch=int(data["batch"]),
            crop=int(data["crop"]),
            transpose=int(data["transpose"]),
            check_every=int(data["check_every"]),
            patience=int(data["patience"]),
            seed=int(data["seed"]),
        )
