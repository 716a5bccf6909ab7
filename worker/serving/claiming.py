"""Which batch a child takes next: the first in line, or for a short while one whose network it holds."""

from __future__ import annotations

from collections.abc import Sequence

from shared import jobs
from shared.jobs import Job
from worker.serving.place import Place


def claim(place: Place, lane: str) -> list[Job]:
    """Take the first job in line and its like. A look that finds nothing takes no write lock.

    Loading a network costs more than running it, so a job of a version in memory goes before the first in
    line of the same rank, until that one has waited ``affinity_seconds``.
    """
    first = jobs.head(place.db, lanes=[lane], families=place.families)
    if first is None:
        return []
    warm = place.cache.batch_keys() if lane == "interactive" else []
    if warm and first.batch_key not in warm and first.waited_seconds < place.settings.affinity_seconds:
        batch = _take(place, lane, warm, first.rank)
        if batch:
            return batch
    return _take(place, lane, [], 0)


def _take(place: Place, lane: str, warm: Sequence[str], rank: int) -> list[Job]:
    batch = jobs.claim(
        place.db,
        worker_id=place.worker_id,
        lanes=[lane],
        families=place.families,
        limit=place.pace.limit if lane == "interactive" else 1,
        lease_seconds=place.settings.lease_seconds,
        warm=warm,
        warm_rank=rank,
    )
    place.absence.over()
    return batch
