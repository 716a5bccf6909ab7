"""What a job refers to, fetched: earlier results, uploads, versions and data sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared import datasets, files, library
from shared.artifacts import Store
from shared.catalogue import OperationDescription
from shared.database import Database
from shared.errors import InvalidInput, NotFound
from shared.files import Artifact
from shared.jobs import Job
from worker.family import Dataset, Item, Request, TrainingJob, Upload


def fetch_request(db: Database, store: Store, job: Job, operation: OperationDescription) -> Request:
    """The job with the bytes behind its artifact fields: an earlier result's, or an upload's own.

    Raises:
        InvalidInput: naming the field whose artifact does not exist or belongs to somebody else.
        ArtifactDamaged: the stored file is missing.
    """
    contents = {
        name: store.read(_artifact(db, job, name, value, schema.get("x-role")).hash)
        for name, value, schema in _artifact_fields(job, operation)
    }
    return Request(job.id, operation.name, job.version_id, dict(job.input), contents)


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
    dataset = Dataset("", "", [])
    if "dataset" in job.input:
        record = datasets.get_dataset(db, str(job.input["dataset"]), job.owner_id)
        items = [
            Item(store.path(item.hash), item.name, item.width, item.height, dict(item.labels))
            for item in datasets.list_items(db, record.id)
        ]
        dataset = Dataset(record.name, record.hash, items)
    if job.version_id is None:
        return TrainingJob(job.id, dict(job.input), dataset)
    base = library.get_version(db, job.version_id)
    return TrainingJob(job.id, dict(job.input), dataset, store.path(base.id), base.config)


def _artifact_fields(job: Job, operation: OperationDescription) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in operation.input_schema.get("properties", {}).items():
        if schema.get("format") == "artifact" and job.input.get(name):
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
