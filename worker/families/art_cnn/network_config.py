"""What a version's network is built from. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from shared.errors import InvalidInput

from .labels import Head

TrunkName = Literal["lite0", "small"]
PIXELS = (64, 96, 128, 160, 224)
BLOCKS = 16


@dataclass(frozen=True)
class NetworkConfig:
    """``trunk`` looks at ``pixels`` squared; of lite0 the blocks from ``learned_from`` on are the version's
    own (0 to 16; 17: none), and the others come from the package; ``norms``: their batch norms learn too.
    """

    trunk: TrunkName
    pixels: int
    learned_from: int
    norms: bool
    heads: tuple[Head, ...]

    def asked(self, heads: tuple[Head, ...]) -> NetworkConfig:
        """The same network for other questions. Its norms are folded in and stay so."""
        return replace(self, heads=heads, norms=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        heads = [{"name": head.name, "classes": list(head.classes)} for head in self.heads]
        return {
            "trunk": self.trunk,
            "pixels": self.pixels,
            "learned_from": self.learned_from,
            "norms": self.norms,
            "heads": heads,
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> NetworkConfig:
        """Read ``to_dict``'s JSON. Raises InvalidInput when it cannot be used."""
        try:
            config = NetworkConfig(
                cast(TrunkName, data["trunk"]),
                int(data["pixels"]),
                int(data["learned_from"]),
                bool(data["norms"]),
                _heads(data["heads"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInput("The version's description of its network cannot be read.") from error
        if config.trunk not in ("lite0", "small") or config.pixels not in PIXELS or not config.heads:
            raise InvalidInput("The version's description of its network cannot be used.")
        if not 0 <= config.learned_from <= BLOCKS + 1 or not all(head.classes for head in config.heads):
            raise InvalidInput("The version's description of its network cannot be used.")
        return config


def _heads(data: Sequence[Mapping[str, Any]]) -> tuple[Head, ...]:
    return tuple(Head(str(one["name"]), tuple(map(str, one["classes"]))) for one in data)
