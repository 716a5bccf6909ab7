"""What is known of a piece before its first note: bars, length and key."""

from __future__ import annotations

from dataclasses import dataclass

from worker.music.score import Key


@dataclass(frozen=True)
class Plan:
    """``bar`` grid units in a bar, ``offset`` of them gone when the piece begins (a pickup), ``length`` units
    in all (0: not said) and the key (None: not said).
    """

    bar: int
    offset: int = 0
    length: int = 0
    key: Key | None = None

    @property
    def bars(self) -> int:
        """How many bars it touches, an incomplete first one among them; 0 when no length is said."""
        return -(-(self.length + self.offset) // self.bar) if self.length else 0

    @property
    def key_code(self) -> int:
        """0 for none, else 1 to 12 major and 13 to 24 minor."""
        if self.key is None:
            return 0
        return 1 + self.key.tonic + (12 if self.key.mode == "minor" else 0)
