"""Writing the end of a job: files first, then one transaction, repeated while the database takes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from shared import garbage, jobs
from shared.artifacts import Store
from shared.database import Database
from shared.errors import AtelierError, Canceled, HandBack, LeaseLost
from shared.jobs import Job, Lease, NewArtifact, Result
from shared.lifecycle import Reason
from worker.family import Product
from worker.serving.crash_points import reach
from worker.serving.patience import persist
from worker.serving.place import Place

log = logging.getLogger(__name__)

#: The pause before the first retry after a fault of the infrastructure; each further one is twice as long.
FIRST_RETRY_SECONDS = 5.0


def put_products(store: Store, products: Sequence[Product]) -> tuple[NewArtifact, ...]:
    """Store each product's bytes; nothing is recorded yet. Raises StorageFull."""
    stored = tuple(put_product(store, product) for product in products)
    reach("after_rename")
    return stored


def put_product(store: Store, product: Product) -> NewArtifact:
    """Store one product's bytes. Raises StorageFull."""
    return NewArtifact(
        role=product.role,
        name=product.name,
        media_type=product.media_type,
        blob=store.put(product.data),
        position=product.position,
        width=product.width,
        height=product.height,
        recipe=product.recipe,
        meta=product.meta or {},
    )


def record_success(place: Place, results: Sequence[tuple[Lease, Result]]) -> None:
    """Record a batch's results together. A canceled one becomes canceled; a lost one is left alone."""
    reach("before_commit")
    refused, unneeded = persist(place, lambda: jobs.succeed(place.db, results))
    reach("after_commit")
    discard(place.db, place.store, unneeded)
    for lease in refused:
        record_cancel(place, lease)
    place.bell.nudge(*(lease.job_id for lease, _ in results))


def record_end(place: Place, job: Job, error: AtelierError) -> None:
    """Record how a job that did not succeed leaves this worker. Never raises LeaseLost."""
    lease = job.lease
    if isinstance(error, LeaseLost):
        log.warning("job %s is no longer ours; nothing is recorded", job.id)
        return
    if isinstance(error, Canceled):
        record_cancel(place, lease)
    elif isinstance(error, HandBack):
        _quietly(place, lambda: jobs.requeue(place.db, lease, Reason(error.code)))
        place.bell.ring(job.lane)
    elif error.retryable and job.attempt < job.max_attempts:
        log.warning("job %s is tried again: %s", job.id, error)
        delay = jobs.backoff_seconds(job.attempt, FIRST_RETRY_SECONDS)
        _quietly(place, lambda: jobs.requeue(place.db, lease, Reason.RETRY, delay_seconds=delay))
    else:
        _quietly(place, lambda: discard(place.db, place.store, jobs.fail(place.db, lease, error)))
    place.bell.nudge(job.id)


def record_cancel(place: Place, lease: Lease) -> None:
    """Record that the owner's cancel was followed; does nothing for a lost lease."""

    def record() -> None:
        left = jobs.canceled(place.db, lease)
        if left.promoted is not None:
            place.bell.ring(left.promoted)
        discard(place.db, place.store, left.unneeded)

    _quietly(place, record)


def discard(db: Database, store: Store, hashes: Sequence[str]) -> None:
    """Delete checkpoints that no row names any more; what cannot be deleted now the collector finds."""
    try:
        garbage.remove(db, store, hashes)
    except (OSError, AtelierError):
        log.warning("%d unneeded files are left to the collector", len(hashes), exc_info=True)


def _quietly(place: Place, write: Callable[[], object]) -> None:
    try:
        persist(place, write)
    except LeaseLost:
        log.warning("the lease was lost before the end was recorded")
