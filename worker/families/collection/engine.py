"""The ingest operation: runs the limited child over the uploads and hands on what it left."""

from __future__ import annotations

from pathlib import Path

from shared.errors import BadFile
from worker.families.collection.manifest import LONGEST_LIST, build_manifest, build_report, content_name
from worker.family import Checkin, Ingested, IngestedItem, Request
from worker.media.limits import for_upload
from worker.media.report import Kept, Report
from worker.media.sandbox import take_in
from worker.media.shelf import thumbnail_path

LONGEST_FILE_NAME = 200


class Collector:
    """The engine of the family; it holds nothing between jobs."""

    def ingest(self, request: Request, workspace: Path, checkin: Checkin) -> Ingested:
        """The data set of `request.uploads`, its works under `workspace`.

        Raises:
            BadFile: an archive is unsafe, no work is left, or the files need more than they may take.
            StorageFull: there is no room for the clean works.
            Canceled, LeaseLost, HandBack: as `checkin` raises them; the child is dead then.
        """
        if not request.uploads:
            raise BadFile(
                "There is no file to read. Choose pictures, MIDI files or a zip.",
                code="empty_upload",
                field="files",
            )
        limits = for_upload(sum(upload.size for upload in request.uploads))
        sources = list(zip((one.path for one in request.uploads), _names(request), strict=True))

        def watch(fraction: float, name: str, count: int) -> None:
            checkin(fraction, {"file": name, "works": count} if name else None)

        report = take_in(sources, workspace, limits, watch)
        return Ingested(
            name=request.input["name"].strip(),
            media=report.media,
            items=[_item(kept, report, workspace) for kept in report.kept],
            manifest=build_manifest(report),
            refused=[vars(one) for one in report.refused[:LONGEST_LIST]],
            report=build_report(report),
        )


def create() -> Collector:
    """The engine."""
    return Collector()


def _item(kept: Kept, report: Report, workspace: Path) -> IngestedItem:
    path = workspace / kept.path
    small = workspace / thumbnail_path(kept.path)
    return IngestedItem(
        path=path,
        name=kept.name,
        media_type=kept.media_type,
        width=kept.width,
        height=kept.height,
        labels=kept.labels,
        thumbnail=small.read_bytes() if small.exists() else None,
        meta={"original": kept.original, content_name(report.media): kept.sha256, **kept.facts},
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
