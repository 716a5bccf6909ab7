"""How long to wait before a process that died is started again."""

from dataclasses import dataclass

FIRST_SECONDS = 0.25
LONGEST_SECONDS = 4.0
#: A process that lived this long was well: its next death starts a new count.
STEADY_SECONDS = 30.0


@dataclass
class Backoff:
    """Doubles from a quarter of a second to four seconds, so that a restart is never five seconds away."""

    failures: int = 0

    def delay(self, lived_seconds: float) -> float:
        """Seconds to wait after a process that lived ``lived_seconds`` has died."""
        self.failures = 1 if lived_seconds >= STEADY_SECONDS else self.failures + 1
        doublings = min(self.failures - 1, 16)
        return float(min(FIRST_SECONDS * 2**doublings, LONGEST_SECONDS))
