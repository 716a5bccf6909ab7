"""The ingest operation: runs the limited child over the uploads and hands on what it left."""

from __future__ import annotations

from pathlib import Path

from shared.errors import BadFile
from worker.families.collection.manifest import LONGEST_LIST, build_manifest, build_report
from worker.family import Checkin, Ingested, IngestedItem, Request
from worker.media.limits import for_upload
from worker.media.report import Kept
from worker.media.sandbox import take_in

MEDIA = "painting"
LONGEST_FILE_NAME = 200


class Collector:
    """The engine of the family; it holds nothing between jobs."""

    def ingest(self, request: Request, workspace: Path, checkin: Checkin) -> Ingested:
        """The data set of `request.uploads`, its pictures under `workspace`.

        Raises:
            BadFile: an archive is unsafe, no picture is left, or the files need more than they may take.
            StorageFull: there is no room for the clean pictures.
            Canceled, LeaseLost, HandBack: as `checkin` raises them; the child is dead then.
        """
        if not request.uploads:
            raise BadFile(
                "There is no file to read. Choose pictures or a zip.", code="empty_upload", field="files"
            )
        limits = for_upload(sum(upload.size for upload in request.uploads))
        sources = list(zip((one.path for one in request.uploads), _names(request), strict=True))

        def watch(fraction: float, name: str, count: int) -> None:
            checkin(fraction, {"file": name, "pictures": count} if name else None)

        report = take_in(sources, workspace, limits, watch)
        return Ingested(
            name=request.input["name"].strip(),
            media=MEDIA,
            items=[_item(kept, workspace) for kept in report.kept],
            manifest=build_manifest(report, MEDIA),
            refused=[vars(one) for one in report.refused[:LONGEST_LIST]],
            report=build_report(report),
        )


def create() -> Collector:
    """The engine."""
    return Collector()


def _item(kept: Kept, workspace: Path) -> IngestedItem:
    path = workspace / kept.path
    small = path.with_suffix(".thumb.webp")
    return IngestedItem(
        path=path,
        name=kept.name,
        media_type=kept.media_type,
        width=kept.width,
        height=kept.height,
        labels=kept.labels,
        thumbnail=small.read_bytes() if small.exists() else None,
        meta={"original": kept.original, "pixels_sha256": kept.pixels_sha256},
    )


def _names(request: Request) -> list[str]:
    """The senders' names made safe to show and told apart: a second `cat.png` becomes `cat.png (2)`."""
    seen: dict[str, int] = {}
    names = []
    for upload in request.uploads:
        name = (
            "".join(char for char in upload.name if char.isprintable()).strip()[:LONGEST_FILE_NAME] or "file"
        )
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
