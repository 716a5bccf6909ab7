"""Where a family lets others in: in the middle of what takes longer than a step.

A snapshot, its scores, a start or an end of a training are many passes in a row. Between two of them the
family calls ``breathe``; the training loop says with ``breathing`` what is done then. Elsewhere (a rank
process, a test) nothing is, so a family needs not know who runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_offer: Callable[[], None] | None = None


@contextmanager
def breathing(offer: Callable[[], None]) -> Iterator[None]:
    """During the block ``breathe`` calls ``offer``, but not while an offer is being taken."""
    with _set(offer):
        yield


def breathe() -> None:
    """Nothing of the caller's is half done here: somebody else may use the device for a moment."""
    offer = _offer
    if offer is None:
        return
    with _set(None):
        offer()


@contextmanager
def _set(offer: Callable[[], None] | None) -> Iterator[None]:
    global _offer
    before, _offer = _offer, offer
    try:
        yield
    finally:
        _offer = before
