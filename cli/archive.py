"""Packs a folder for the way to the server, and counts what is read from it."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import BadFile


class CountingReader(io.BufferedReader):
    """A file opened for reading that tells ``on_read`` how many bytes each read gave."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "rb"))
        self.size = path.stat().st_size
        self.on_read: Callable[[int], object] = lambda _count: None

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to ``size`` bytes, counted."""
        data = super().read(size)
        self.on_read(len(data))
        return data


@contextmanager
def packed(source: Path) -> Iterator[Path]:
    """``source`` itself when it is a file; a zip of it, removed afterwards, when it is a folder.

    Raises:
        BadFile: if the folder holds no file.
    """
    if source.is_file():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        archive = Path(folder) / "works.zip"
        # Pictures are compressed already: storing them is faster and no larger.
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, strict_timestamps=False) as packing:
            for file in works(source):
                packing.write(file, file.relative_to(source).as_posix())
            if not packing.namelist():
                raise BadFile(f"there is no file in {source}", code="empty_folder")
        yield archive


def works(folder: Path) -> list[Path]:
    """Every file under ``folder`` in a stable order; hidden files and links are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
