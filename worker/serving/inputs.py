"""What a job refers to, fetched: earlier results, uploads, versions and data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from shared import datasets, files, library, views
from shared.artifacts import Store
from shared.catalogue import OperationDescription
from shared.database import Database
from shared.errors import InvalidInput, NotFound
from shared.files import Artifact
from shared.jobs import Job
from shared.media import MUSIC, PAINTING
from worker.family import Checkin, Companion, Dataset, Item, Request, TrainingJob, Upload

T = TypeVar("T")

#: What works of the gallery are, by the media of the data set beside which a training may learn from them.
GALLERY = {PAINTING: "image/png", MUSIC: "audio/midi"}


def fetch_request(
    db: Database,
    store: Store,
    job: Job,
    operation: OperationDescription,
    companion: Callable[[str], Companion],
    checkin: Checkin,
) -> Request:
    """The job with what its fields name: the bytes of earlier results or uploads, data sets, other versions.

    Raises:
        InvalidInput: naming the field whose artifact, data set or version does not exist or belongs to
            somebody else.
        ArtifactDamaged: the stored file is missing.
    """
    request = Request(job.id, operation.name, job.version_id, dict(job.input), checkin=checkin)
    foreign = set()
    for name, value, schema in _references(job, operation):
        if schema["format"] == "artifact":
            artifact = _artifact(db, job, name, value, schema.get("x-role"))
            request.files[name] = store.read(artifact.hash)
            if artifact.role == files.UPLOAD:
                foreign.add(name)
        elif schema["format"] == "dataset":
            request.datasets[name] = _dataset(db, store, job, name, value)
        else:
            request.companions[name] = _known(name, companion, value)
    return replace(request, foreign=frozenset(foreign))


def fetch_upload_request(db: Database, store: Store, job: Job, operation: OperationDescription) -> Request:
    """The job with its uploaded files as local paths. Raises as ``fetch_request`` does."""
    uploads = []
    for name, schema in operation.input_schema.get("properties", {}).items():
        if schema.get("x-widget") != "files":
            continue
        value = job.input.get(name, [])
        for identifier in value if isinstance(value, list) else [value]:
            row = _artifact(db, job, name, identifier, None)
            uploads.append(Upload(row.id, row.name, row.media_type, row.size, store.path(row.hash)))
    return Request(job.id, operation.name, job.version_id, dict(job.input), uploads=tuple(uploads))


def version_of(job: Job) -> str:
    """The id of the version the job names. Raises InvalidInput when it names none."""
    if job.version_id is None:
        raise InvalidInput("this operation needs a version", field="version")
    return job.version_id


def fetch_training(db: Database, store: Store, job: Job) -> TrainingJob:
    """The training with its data set's files as local paths, and the version to start from.

    Raises:
        NotFound: the data set or the version is gone.
    """
    dataset, gallery = Dataset("", "", []), []
    if "dataset" in job.input:
        identifier = str(job.input["dataset"])
        dataset = _read_dataset(db, store, identifier, job.owner_id)
        media = datasets.get_dataset(db, identifier, job.owner_id).media
        gallery = _gallery(db, store, job, GALLERY.get(media))
    training = TrainingJob(job.id, dict(job.input), dataset, gallery=gallery)
    if job.version_id is None:
        return training
    base = library.get_version(db, job.version_id)
    return replace(training, base=store.path(base.id), base_config=base.config)


def _read_dataset(db: Database, store: Store, identifier: str, owner_id: str) -> Dataset:
    record = datasets.get_dataset(db, identifier, owner_id)
    items = [
        Item(store.path(item.hash), item.name, item.width, item.height, dict(item.labels), item.hash)
        for item in datasets.list_items(db, record.id)
    ]
    return Dataset(record.name, record.hash, items)


def _dataset(db: Database, store: Store, job: Job, field: str, identifier: str) -> Dataset:
    return _known(field, lambda wanted: _read_dataset(db, store, wanted, job.owner_id), identifier)


def _gallery(db: Database, store: Store, job: Job, media_type: str | None) -> list[Item]:
    """The owner's newest works of that type, when the training asks for some."""
    count = job.input.get("gallery")
    if media_type is None or not isinstance(count, int) or count < 1:
        return []
    # Only what is older than the job: a training that begins anew must find the same works.
    works = views.works_page(db, job.owner_id, before=job.id, limit=count, media=(media_type,))
    return [
        Item(store.path(one.hash), one.name, one.width, one.height, {}, one.hash)
        for one in (work.artifact for work in works)
    ]


def _known(field: str, find: Callable[[str], T], identifier: str) -> T:
    try:
        return find(identifier)
    except NotFound as error:
        raise InvalidInput(f"{field}: {error.message}", field=field) from None


def _references(job: Job, operation: OperationDescription) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in operation.input_schema.get("properties", {}).items():
        if schema.get("format") in ("artifact", "dataset", "version") and job.input.get(name):
            yield name, str(job.input[name]), schema


def _artifact(db: Database, job: Job, field: str, identifier: Any, role: str | None) -> Artifact:
    """The owner's artifact, or its sibling of ``role``: made by the same job at the same position.

    What came from outside has no siblings and stands for itself.
    """
    try:
        found = files.get_artifact(db, str(identifier), job.owner_id)
        if role is None or found.role in (role, files.UPLOAD):
            return found
        return files.sibling(db, found, role)
    except NotFound:
        raise InvalidInput(
            f"{field}: there is no such result or file, or it cannot be used here", field=field
        ) from None
