"""Reading a hostile zip: its structure is checked whole before a byte is inflated, then entries are
streamed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from shared.errors import BadFile
from worker.media import sniff
from worker.media.limits import Limits
from worker.media.zip_structure import DEFLATED, Entry, damaged, list_entries

CHUNK = 64 * 1024


class ZipReader:
    """A checked archive. Use `entries()` for the list and `read(entry)` for the content, one at a time."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Check the structure of the zip at `path`.

        Raises:
            BadFile: not_a_zip, empty_zip, damaged_zip, encrypted_zip, unsafe_path, duplicate_name,
                too_many_entries, zip_bomb or unsupported_format.
        """
        self._limits = limits
        self._path = path
        self._inflated = 0
        self._budget = max(limits.inflated_free, limits.ratio * path.stat().st_size)
        self._entries = list_entries(path, limits)

    def entries(self) -> list[Entry]:
        """The files, ordered by name; folders and what desktops leave behind are not among them."""
        files = (entry for entry in self._entries if not is_litter(entry.name))
        return sorted(files, key=lambda entry: entry.name)

    def read(self, entry: Entry) -> bytes:
        """The content of `entry`, counted as it is inflated and compared with what the directory said.

        Raises:
            BadFile: zip_bomb, damaged_zip or nested_archive.
        """
        with self._path.open("rb") as file:
            content = b"".join(self._stream(file, entry))
        if sniff.kind(content[:1024]) in sniff.ARCHIVES:
            raise BadFile(
                f"“{entry.name}” is an archive in the archive. Unpack it and zip the works themselves.",
                code="nested_archive",
            )
        return content

    def _stream(self, file: BinaryIO, entry: Entry) -> Iterator[bytes]:
        size, crc = 0, 0
        for piece in _inflate(file, entry):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            self._count(len(piece), size, entry)
            yield piece
        if size != entry.size or crc != entry.crc:
            raise damaged(f"“{entry.name}” is not what the archive says about it")

    def _count(self, more: int, size: int, entry: Entry) -> None:
        self._inflated += more
        if size > entry.size:
            raise BadFile(f"The zip lies about the size of “{entry.name}”.", code="zip_bomb")
        if self._inflated > min(self._budget, self._limits.inflated):
            raise BadFile("The zip unpacks to far more than a zip of works does.", code="zip_bomb")


def is_litter(name: str) -> bool:
    """Whether `name` is something a desktop left in the archive (`__MACOSX`, `.DS_Store`, `Thumbs.db`)."""
    path = PurePosixPath(name)
    return (
        "__MACOSX" in path.parts
        or any(part.startswith(".") for part in path.parts)
        or path.name.lower() in ("thumbs.db", "desktop.ini")
    )


def _inflate(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    file.seek(entry.offset)
    left = entry.packed
    unpack = zlib.decompressobj(-15) if entry.method == DEFLATED else None
    while left and (chunk := file.read(min(CHUNK, left))):
        left -= len(chunk)
        if unpack is None:
            yield chunk
            continue
        try:
            while chunk and not unpack.eof:
                yield unpack.decompress(chunk, CHUNK)
                chunk = unpack.unconsumed_tail
        except zlib.error as error:
            raise damaged(f"“{entry.name}” cannot be unpacked") from error
    if unpack is not None:
        yield unpack.flush()
        if not unpack.eof or unpack.unused_data:
            raise damaged(f"“{entry.name}” does not end where the archive says")
