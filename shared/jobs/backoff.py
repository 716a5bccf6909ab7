"""How long an automatic retry waits: twice as long each time, and never in step with others."""

import random

LONGEST_SECONDS = 300.0


def backoff_seconds(attempt: int, first: float) -> float:
    """Seconds before the try after ``attempt``: ``first``, doubled each time, jittered between half and all.

    Exponential backoff with "equal jitter" (Brooker, Exponential Backoff And Jitter, AWS 2015).
    """
    longest = min(LONGEST_SECONDS, first * 2.0 ** max(0, attempt - 1))
    return longest * random.uniform(0.5, 1.0)
