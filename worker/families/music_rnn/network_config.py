"""The shape of a network: everything needed to build the one that a version's weights fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidInput

CELLS = ("gru", "lstm", "elman")
_BROKEN = "The version describes a network that this family cannot build."


@dataclass(frozen=True)
class NetworkConfig:
    """``hidden`` units in each of ``layers`` recurrent layers of ``cell``; ``heads`` of ``head_width`` look
    back over the last ``window`` steps; 0 heads look back at none.
    """

    cell: str = "gru"
    hidden: int = 256
    layers: int = 2
    heads: int = 4
    head_width: int = 32
    window: int = 512
    slot_width: int = 192

    def __post_init__(self) -> None:
        sizes = (self.hidden, self.layers, self.head_width, self.window, self.slot_width)
        if self.cell not in CELLS or not all(1 <= n <= 4096 for n in sizes):
            raise InvalidInput(_BROKEN)
        if self.layers > 8 or not 0 <= self.heads <= 32:
            raise InvalidInput(_BROKEN)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``from_dict`` takes back."""
        return dict(vars(self))

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> NetworkConfig:
        """Check a stored description. Raises InvalidInput for what this family cannot build."""
        try:
            numbers = {name: int(data[name]) for name in NetworkConfig.__dataclass_fields__ if name != "cell"}
            return NetworkConfig(cell=str(data["cell"]), **numbers)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInput("The version's description of its network cannot be read.") from error
