"""Music theory: what a piece is made of, read from its notes alone (numpy, no network)."""

from worker.music.theory.analysis import Analysis, analyze

__all__ = ["Analysis", "analyze"]
