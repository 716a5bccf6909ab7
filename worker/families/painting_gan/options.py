"""A train job's input as typed values; no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidInput

RECOMMENDED_LOSS = {"projected": "hinge", "scratch": "relativistic"}
_PROJECTOR_PIXELS = {32: 96, 64: 96, 128: 128, 256: 224}


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides a training, besides the pictures themselves.

    ``kimg`` (thousands of real pictures shown) or else ``minutes`` (of training, not counting waits) says
    when to end. ``projector_pixels`` is the size at which the frozen network looks.
    """

    resolution: int
    minutes: float
    kimg: float | None
    discriminator: str
    loss: str
    label: str
    only: str
    batch: int
    seed: int
    augmentation: str
    mirror: bool
    width: float
    learning_rate: float
    ema_kimg: float
    gamma: float
    matching: float
    snapshot_kimg: float
    projector_pixels: int

    @staticmethod
    def from_input(data: Mapping[str, Any]) -> TrainOptions:
        """Take a complete input. Raises InvalidInput, naming the field."""
        discriminator = str(data["discriminator"])
        loss = str(data["loss"])
        batch = int(data["batch"])
        devices = int(data.get("devices", 1))
        if batch % (4 * devices):
            each = "" if devices == 1 else f" on {devices} devices"
            raise InvalidInput(f"The batch must be a multiple of {4 * devices}{each}.", field="batch")
        resolution = int(data["resolution"])
        return TrainOptions(
            resolution=resolution,
            minutes=float(data["minutes"]),
            kimg=float(data["kimg"]) if "kimg" in data else None,
            discriminator=discriminator,
            loss=RECOMMENDED_LOSS[discriminator] if loss == "recommended" else loss,
            label=str(data.get("label", "")).strip(),
            only=str(data.get("only", "")).strip(),
            batch=batch,
            seed=int(data["seed"]),
            augmentation=str(data["augmentation"]),
            mirror=bool(data["mirror"]),
            width=float(data["width"]),
            learning_rate=float(data["learning_rate"]),
            ema_kimg=float(data["ema_kimg"]),
            gamma=float(data["gamma"]),
            matching=float(data["matching"]),
            snapshot_kimg=float(data["snapshot_kimg"]),
            projector_pixels=int(data.get("projector_pixels", 0)) or _PROJECTOR_PIXELS[resolution],
        )
