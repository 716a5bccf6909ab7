"""The starter's data sets, made by the same ingest code as an upload of a user."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.artifacts import Store
from shared.database import Database
from shared.datasets import THUMBNAIL, insert_dataset
from shared.files import insert_artifact
from shared.ids import new_id
from shared.migrate import OWNER
from shared.records import NewItem
from worker.families.collection.engine import Collector
from worker.family import Ingested, Request, Upload
from worker.ingesting import store_dataset
from worker.starter.marks import recording
from worker.starter.parts import Pack

LABELS = "labels.csv"


def install_pack(db: Database, store: Store, pack: Pack) -> str | None:
    """Record the data set of `pack` and give its id; None when another process was faster.

    Raises:
        BadFile: the package is damaged.
        StorageFull, Unavailable: there is no room, or the database does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="atelier-starter-") as folder:
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        result = store_dataset(store, _ingest(pack, Path(folder), workspace))
    if result.dataset is None:
        return None
    dataset = replace(result.dataset, report={**result.dataset.report, "credit": pack.credit})
    with recording(db, store, pack.key, {"dataset": dataset.hash}) as connection:
        if connection is None:
            return None
        small = {
            thumbnail.position: insert_artifact(connection, thumbnail, owner_id=OWNER)
            for thumbnail in result.artifacts
        }
        shown = replace(dataset, items=tuple(_with_thumbnail(item, small) for item in dataset.items))
        return insert_dataset(connection, shown, owner_id=OWNER, job_id=None)


def _with_thumbnail(item: NewItem, small: Mapping[int, str]) -> NewItem:
    found = small.get(item.artifact.position)
    return item if found is None else replace(item, meta={**item.meta, THUMBNAIL: found})


def _ingest(pack: Pack, folder: Path, workspace: Path) -> Ingested:
    archive = (
        pack.archive if pack.only is None else select_labeled(pack.archive, pack.only, folder / "part.zip")
    )
    upload = Upload(new_id(), archive.name, "application/zip", archive.stat().st_size, archive)
    request = Request(new_id(), "ingest", None, {"name": pack.name}, uploads=(upload,))
    return Collector().ingest(request, workspace, _unwatched)


def _unwatched(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
    """Nobody waits for this and nobody can cancel it."""


def select_labeled(archive: Path, only: tuple[str, str], target: Path) -> Path:
    """Write to `target` the works of `archive` whose label (column, value) is `only`, with their
    labels.
    """
    column, value = only
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as part:
        table = csv.DictReader(io.StringIO(source.read(LABELS).decode("utf-8"), newline=""))
        rows = [row for row in table if row[column] == value]
        chosen = {row["file"] for row in rows}
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, table.fieldnames or [])
        writer.writeheader()
        writer.writerows(rows)
        part.writestr(LABELS, out.getvalue())
        for name in source.namelist():
            if Path(name).name in chosen:
                part.writestr(name, source.read(name))
    return target
