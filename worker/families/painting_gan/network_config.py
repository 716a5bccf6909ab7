"""The shape of a generator: everything needed to build the network that a version's weights fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.errors import InvalidInput

RESOLUTIONS = (32, 64, 128, 256)
_WIDTHS = {4: 192, 8: 128, 16: 80, 32: 48, 64: 24, 128: 16, 256: 12}


@dataclass(frozen=True)
class GeneratorConfig:
    """``widths`` are the channels of the stages at 4, 8, ... ``resolution`` pixels; ``classes`` their
    names.
    """

    resolution: int = 64
    z_dim: int = 128
    w_dim: int = 128
    widths: tuple[int, ...] = (192, 128, 80, 48, 24)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        stages = self.resolution.bit_length() - 2
        if self.resolution not in RESOLUTIONS or len(self.widths) != stages:
            raise InvalidInput("The version describes a network that this family cannot build.")
        if (
            not all(1 <= n <= 1024 for n in (self.z_dim, self.w_dim, *self.widths))
            or len(self.classes) > 1000
        ):
            raise InvalidInput("The version describes a network that this family cannot build.")

    @property
    def layers(self) -> int:
        """How many style vectors a picture has: one for the start and one for every stage after it."""
        return len(self.widths)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels along one side at each stage."""
        return tuple(4 << index for index in range(self.layers))

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that ``from_dict`` takes back."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> GeneratorConfig:
        """Check a stored description. Raises InvalidInput for what this family cannot build."""
        try:
            return GeneratorConfig(
                resolution=int(data["resolution"]),
                z_dim=int(data["z_dim"]),
                w_dim=int(data["w_dim"]),
                widths=tuple(int(n) for n in data["widths"]),
                classes=tuple(str(name) for name in data["classes"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("The version's description of its network cannot be read.") from error


def default_config(resolution: int, classes: tuple[str, ...] = (), width: float = 1.0) -> GeneratorConfig:
    """The family's own widths at ``resolution``, all multiplied by ``width``."""
    sizes = [4 << index for index in range(resolution.bit_length() - 2)]
    widths = tuple(max(4, round(_WIDTHS[size] * width)) for size in sizes)
    return GeneratorConfig(resolution=resolution, widths=widths, classes=classes)
