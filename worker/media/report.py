"""What an intake found: the works kept and everything that must be told about the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from shared.media import PAINTING


@dataclass(frozen=True)
class Kept:
    """One clean work in the workspace. `path` is relative to it; `original` tells what was uploaded.

    `sha256` names the content: the decoded pixels of a picture, the score of a piece. `width` and `height`
    are a picture's, in pixels; `facts` is what else is known of the work, plain JSON.
    """

    name: str
    path: str
    media_type: str
    sha256: str
    original: dict[str, Any]
    width: int | None = None
    height: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """One file that was not taken, with the stable code and a sentence for people."""

    name: str
    code: str
    reason: str


@dataclass(frozen=True)
class Remark:
    """One file that deserves a look: ignored, odd in shape, reduced, animated, changed on the grid."""

    name: str
    code: str
    reason: str


@dataclass(frozen=True)
class Twin:
    """`name` is the same work as `of`. `distance` counts differing hash bits of near copies of pictures, or
    the semitones between two pieces that are one transposed; an exact copy has 0.
    """

    name: str
    of: str
    distance: int = 0


@dataclass
class Report:
    """The outcome of one intake; `to_json` and `from_json` carry it over the process border."""

    media: str = PAINTING
    kept: list[Kept] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    duplicates: list[Twin] = field(default_factory=list)
    near_duplicates: list[Twin] = field(default_factory=list)
    label_source: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """The report that `to_json` wrote. Raises KeyError or TypeError when it is not one."""
        return cls(
            media=data["media"],
            kept=[Kept(**row) for row in data["kept"]],
            refused=[Refused(**row) for row in data["refused"]],
            ignored=[Remark(**row) for row in data["ignored"]],
            remarks=[Remark(**row) for row in data["remarks"]],
            duplicates=[Twin(**row) for row in data["duplicates"]],
            near_duplicates=[Twin(**row) for row in data["near_duplicates"]],
            label_source=data["label_source"],
        )
