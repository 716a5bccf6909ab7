"""Places where a fault test may end this process: between two steps whose order a crash must not betray.

Nothing listens in a worker that people run; the family that tests run arms a hook when they ask for it.
"""

from __future__ import annotations

from collections.abc import Callable

#: What is told of each place that is reached.
_hook: Callable[[str], None] | None = None


def arm(hook: Callable[[str], None]) -> None:
    """From now on tell ``hook`` the name of every point that this process reaches."""
    global _hook
    _hook = hook


def reach(name: str) -> None:
    """The work has come to ``name``: after_claim, after_rename, before_commit or after_commit."""
    if _hook is not None:
        _hook(name)
