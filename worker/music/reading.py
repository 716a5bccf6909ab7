"""What was read from a MIDI file. No MIDI library here: the parent of the limited child imports this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from worker.music.plain import from_plain, to_plain
from worker.music.score import Score


@dataclass(frozen=True)
class Reading:
    """A score and what its file was.

    ``original``: format, division (ticks a quarter), tracks and notes in the file, tempo (quarters a minute),
    tempos (how many marks), meter (as "3/4", None where none is named), key (its name or None), seconds.
    ``quantisation``: mean_ticks, max_ticks (grid ticks, 24 a quarter), mean_ms, max_ms: how far starts and
    ends were moved; moved: the share of notes that were moved at all; off_sixteenths: the share of notes that
    begin or end beside the grid of sixteenths. ``remarks``: a sentence for each thing changed or left out.
    """

    score: Score
    original: dict[str, Any] = field(default_factory=dict)
    quantisation: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "score": to_plain(self.score),
            "original": self.original,
            "quantisation": self.quantisation,
            "remarks": self.remarks,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reading:
        """The reading that ``to_json`` wrote. Raises KeyError, TypeError or ValueError when it is none."""
        return cls(from_plain(data["score"]), data["original"], data["quantisation"], data["remarks"])
