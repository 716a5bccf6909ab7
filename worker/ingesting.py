"""Uploads become a data set: the family reads them in a workspace, the worker records the result."""

from __future__ import annotations

import hashlib
import logging
import time
from functools import partial
from pathlib import Path

from shared.artifacts import CHUNK, Blob, Store
from shared.errors import ConfigurationError
from shared.garbage import GRACE_SECONDS
from shared.jobs import Job, NewArtifact, NewDataset, NewItem, Result, canonical
from shared.workspaces import workspace
from worker.family import Checkin, Ingested, IngestedItem, Ingester
from worker.serving.checkin import JobCheckin
from worker.serving.courtesy import Courtesy
from worker.serving.ending import close
from worker.serving.holding import Holding
from worker.serving.inputs import fetch_upload_request
from worker.serving.patience import persist
from worker.serving.place import Place
from worker.serving.recording import record_success

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
#: Reading the uploads takes about this part of the work, storing what is kept the rest.
READ_SHARE = 0.6
#: The name of a workspace begins so.
WORKSPACES = "atelier-ingest-"
#: What was put and is not recorded yet is renewed so often: well within the grace of the collector.
RENEW_SECONDS = GRACE_SECONDS / 4


def ingest(place: Place, holding: Holding, job: Job, courtesy: Courtesy) -> None:
    """Fetch, read, store and record; the workspace is gone afterwards, whatever happens."""
    with workspace(WORKSPACES) as folder:
        _ingest(place, holding, job, courtesy, folder)


def _ingest(place: Place, holding: Holding, job: Job, courtesy: Courtesy, folder: Path) -> None:
    try:
        operation = place.registry.operation(job.family, job.operation)
        engine = place.registry.engine(job.family)
        if not isinstance(engine, Ingester):
            raise ConfigurationError("this family's engine has no ingest")
        request = persist(place, partial(fetch_upload_request, place.db, place.store, job, operation))
        checkin = JobCheckin(place, holding, job.id, courtesy.offer)
        checkin(0.0)
        made = engine.ingest(request, folder, checkin.part(0.0, READ_SHARE))
        result = store_dataset(place.store, made, checkin.part(READ_SHARE, 1.0))
        checkin(1.0)
        record_success(place, [(job.lease, result)])
        holding.settled(job.id)
    except Exception as error:
        close(place, holding, job, error)


def store_dataset(store: Store, made: Ingested, checkin: Checkin | None = None) -> Result:
    """Put every kept work and thumbnail into the store. Raises StorageFull, and what ``checkin`` raises."""
    items = []
    renewed = time.monotonic()
    for position, item in enumerate(made.items):
        items.append(_item(store, position, item))
        if time.monotonic() - renewed > RENEW_SECONDS:
            renewed = time.monotonic()
            for known in items:
                store.renew(known.artifact.blob.hash)
        if checkin is not None:
            checkin(position / len(made.items))
    thumbnails = tuple(
        NewArtifact("thumbnail", item.name, item.thumbnail_media_type, store.put(item.thumbnail), position)
        for position, item in enumerate(made.items)
        if item.thumbnail is not None
    )
    report = {**made.report, "refused": made.refused}
    manifest_hash = hashlib.sha256(canonical(made.manifest).encode()).hexdigest()
    dataset = NewDataset(made.name, made.media, manifest_hash, tuple(items), report)
    return Result(output={"report": report}, artifacts=thumbnails, dataset=dataset)


def _item(store: Store, position: int, item: IngestedItem) -> NewItem:
    blob = _put_file(store, item.path)
    artifact = NewArtifact(
        "item", item.name, item.media_type, blob, position, item.width, item.height, meta=item.meta
    )
    return NewItem(artifact, item.name, item.labels, item.meta)


def _put_file(store: Store, path: Path) -> Blob:
    with store.stage() as staged, path.open("rb") as file:
        while chunk := file.read(CHUNK):
            staged.write(chunk)
        return staged.commit()
