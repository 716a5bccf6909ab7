"""Waiting for a database that is away or has no room, instead of giving up what needs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from shared.errors import AtelierError, StorageFull, Unavailable
from worker.serving.place import Place

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 600.0
PATIENCE_WHEN_DRAINING_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 5.0


def persist(place: Place, act: Callable[[], T], *, once: bool = False) -> T:
    """Read or write, again and again while the database is away or has no room (unless ``once``).

    ``act`` must bear repeating. A job's records are guarded by the lease token: one whose COMMIT was lost on
    the way changes nothing when it is repeated, and counts as refused.

    Patience is the child's, not the act's: the jobs of a batch wait for the same database, so that what has
    been away too long for the first of them is not waited for again by each of the others.

    Raises:
        Unavailable, StorageFull: the database stayed so for too long.
    """
    began = time.monotonic()
    pause = 0.1
    while True:
        try:
            done = act()
        except (Unavailable, StorageFull) as error:
            if once:
                raise
            # Where other threads are answered and this act is refused, it gives up all the same.
            since = min(began, place.absence.seen())
            patience = PATIENCE_WHEN_DRAINING_SECONDS if place.draining.is_set() else PATIENCE_SECONDS
            if time.monotonic() - since > patience:
                raise
            log.warning("the database is waited for: %s", error)
            time.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        except AtelierError:
            place.absence.over()  # A refusal is an answer.
            raise
        else:
            place.absence.over()
            return done
