"""Where an intake puts the files of a data set, with the cap on what they take together."""

from __future__ import annotations

from pathlib import Path

from shared.errors import BadFile
from worker.media.limits import Limits


class Shelf:
    """The folder `items/` of a workspace. A work's files share a number; numbers are given in order."""

    def __init__(self, workspace: Path, limits: Limits) -> None:
        self._workspace = workspace
        self._limits = limits
        self._stored = 0
        self._next = 0
        (workspace / "items").mkdir()

    def put(self, data: bytes, extension: str, thumbnail: bytes | None = None) -> str:
        """Store a work, and its small picture beside it; gives its path within the workspace.

        Raises:
            BadFile: upload_too_large.
        """
        path = f"items/{self._next:06d}.{extension}"
        self._next += 1
        self._write(path, data)
        if thumbnail is not None:
            self._write(thumbnail_path(path), thumbnail)
        return path

    def remove(self, path: str) -> None:
        """Take a work away again, with its small picture."""
        for one in (path, thumbnail_path(path)):
            (self._workspace / one).unlink(missing_ok=True)

    def _write(self, path: str, data: bytes) -> None:
        self._stored += len(data)
        if self._stored > self._limits.output_total:
            raise BadFile(
                "The works take too much room. Split them into several data sets.", code="upload_too_large"
            )
        (self._workspace / path).write_bytes(data)


def thumbnail_path(path: str) -> str:
    """Where the small picture of the work at `path` lies, if it has one."""
    return f"{path.rsplit('.', 1)[0]}.thumb.webp"
