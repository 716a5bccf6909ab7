"""Data sets, files, families and workers as JSON."""

from dataclasses import asdict
from typing import Any

from shared.catalogue import FamilyDescription
from shared.datasets import Dataset, Item
from shared.files import Artifact
from shared.workers import Worker
from web.present import urls
from web.words import iso


def dataset(row: Dataset) -> dict[str, Any]:
    """A data set as JSON."""
    return {
        "id": row.id,
        "name": row.name,
        "media": row.media,
        "hash": row.hash,
        "item_count": row.item_count,
        "report": row.report,
        "created_at": iso(row.created_at),
        "urls": {
            "get": urls.api("datasets.get", dataset_id=row.id),
            "items": urls.api("datasets.items", dataset_id=row.id),
            "web": urls.api("collections.page", dataset_id=row.id),
        },
    }


def item(row: Item) -> dict[str, Any]:
    """One work of a data set as JSON."""
    return {
        "position": row.position,
        "name": row.name,
        "media_type": row.media_type,
        "width": row.width,
        "height": row.height,
        "labels": row.labels,
        "url": urls.artifact(row.artifact_id),
    }


def file(row: Artifact) -> dict[str, Any]:
    """An uploaded file as JSON, as Replicate's files look."""
    return {
        "id": row.id,
        "name": row.name,
        "content_type": row.media_type,
        "size": row.size,
        "etag": row.hash,
        "checksums": {"sha256": row.hash},
        "metadata": row.meta,
        "created_at": iso(row.created_at),
        "expires_at": None,
        "urls": {"get": urls.api("uploads.get", file_id=row.id)},
    }


def family(description: FamilyDescription) -> dict[str, Any]:
    """A family as JSON."""
    return asdict(description)


def worker(row: Worker) -> dict[str, Any]:
    """A worker as JSON."""
    return {
        "id": row.id,
        "host": row.host,
        "pid": row.pid,
        "device": row.device,
        "lanes": row.lanes,
        "families": row.families,
        "state": row.state,
        "drain_requested": row.drain_requested,
        "holds": row.holds,
        "jobs": row.jobs,
        "info": row.info,
        "started_at": iso(row.started_at),
        "seen_at": iso(row.seen_at),
        "silent_seconds": round(row.silent_seconds, 3),
    }
