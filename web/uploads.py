"""Files from outside go to the store as they arrive: never whole in memory, never looked into.

Only the first bytes are seen, and what is neither a picture nor a zip is refused at once. Whatever a
request staged and did not keep is thrown away when the request ends.
"""

import errno
import io
import logging
from collections.abc import Iterable, Sequence
from typing import IO, cast

from flask import Flask, Request, g, request
from werkzeug.datastructures import FileStorage

from shared import garbage
from shared.artifacts import Blob, Staged
from shared.errors import AtelierError, BadFile, InvalidInput
from shared.files import Artifact, forget_artifact, record_uploads, unreferenced
from shared.jobs import NewArtifact
from web import magic
from web.context import OWNER, services

log = logging.getLogger(__name__)

#: Each file is open until all of them are known to be wanted.
MOST_FILES = 2000
LONGEST_NAME = 200


class Incoming(io.RawIOBase):
    """A file on its way from the network into the store."""

    def __init__(self, name: str, field: str) -> None:
        super().__init__()
        self.name = name
        self._field = field
        self._head = b""
        self._media_type: str | None = None
        self._staged: Staged | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take the next bytes. Raises BadFile once the first ones tell that the file is not wanted."""
        if self._media_type is None:
            self._head += data
            if len(self._head) < magic.SNIFF_BYTES:
                return len(data)
            self._begin().write(self._head)
            return len(data)
        self._begin().write(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Werkzeug rewinds a received file; there is nothing to rewind here."""
        return 0

    def check(self) -> None:
        """Raises BadFile for an empty file, or for one too short to have been looked at so far."""
        if self._media_type is None:
            self._begin().write(self._head)

    def keep(self) -> tuple[Blob, str]:
        """The stored file and its media type, once it has been checked."""
        return self._begin().commit(), str(self._media_type)

    def discard(self) -> None:
        """Throw away what has not been kept."""
        if self._staged is not None:
            self._staged.discard()

    def _begin(self) -> Staged:
        if self._staged is None:
            self._media_type = magic.require(self._head, self.name, self._field)
            try:
                self._staged = services().store.stage()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    raise _too_many(self._field) from None
                raise
        return self._staged


class UploadRequest(Request):
    """A request whose files stream into the store."""

    max_form_parts = MOST_FILES + 50
    max_form_memory_size = 1 << 20

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        field = g.get("upload_field", "files")
        incoming = Incoming(clean_name(filename or "file"), field)
        if "incoming" not in g:
            g.incoming = []
        g.incoming.append(incoming)
        if len(g.incoming) > MOST_FILES:
            raise _too_many(field)
        return cast(IO[bytes], incoming)


def register(app: Flask) -> None:
    """Make ``app`` stream uploads and clean up after itself."""
    app.request_class = UploadRequest
    app.config["MAX_FORM_PARTS"] = UploadRequest.max_form_parts
    app.config["MAX_FORM_MEMORY_SIZE"] = UploadRequest.max_form_memory_size
    app.teardown_request(_discard)


def clean_name(name: str) -> str:
    """The name a file came with, fit to be stored and shown.

    Raises:
        BadFile: ``unsafe_path`` for control characters, absolute paths, drive letters and ``..``.
    """
    parts = name.replace("\\", "/").split("/")
    hostile = any(ord(character) < 32 or ord(character) == 127 for character in name)
    if hostile or ".." in parts or parts[0].endswith(":") or name.startswith(("/", "\\")):
        raise BadFile(f"the file name {name[:80]!r} is not acceptable", code="unsafe_path", field="files")
    return "/".join(part for part in parts if part)[-LONGEST_NAME:] or "file"


def received(field: str) -> list[FileStorage]:
    """The files of this request under ``field``, without the empty entry of an unused input.

    Raises:
        InvalidInput: there is none.
    """
    g.upload_field = field
    files = [file for file in request.files.getlist(field) if file.filename]
    if not files:
        raise InvalidInput("Choose at least one file: pictures, or one zip of pictures.", field=field)
    return files


def _too_many(field: str) -> BadFile:
    return BadFile(
        f"That is more than {MOST_FILES} files in one request: put them into one zip.",
        code="too_many_files",
        field=field,
    )


def record(files: Sequence[FileStorage]) -> list[Artifact]:
    """Keep received files: all of them, or none when one is refused.

    Raises:
        BadFile: a file is empty, or neither a picture nor a zip. StorageFull: there is no room for all.
    """
    incoming = [cast(Incoming, file.stream) for file in files]
    for file in incoming:
        file.check()
    kept: list[NewArtifact] = []
    try:
        for position, file in enumerate(incoming):
            blob, media = file.keep()
            kept.append(NewArtifact("upload", file.name, media, blob, position=position))
        return record_uploads(services().db, kept, OWNER)
    except BaseException:
        _take_back(kept)
        raise


def _take_back(kept: Sequence[NewArtifact]) -> None:
    """Delete what was stored and not recorded; other rows may have the same bytes, so only SQL can tell."""
    try:
        discard(unreferenced(services().db, [new.blob.hash for new in kept]))
    except AtelierError:
        log.warning("files of a refused upload stay in the store", exc_info=True)


def forget(uploads: Sequence[Artifact]) -> None:
    """Drop recorded files, and their bytes where nothing else needs them."""
    for upload in uploads:
        unneeded = forget_artifact(services().db, upload.id, OWNER)
        if unneeded is not None:
            discard([unneeded])


def discard(hashes: Iterable[str]) -> None:
    """Delete stored files that nothing refers to; what cannot be deleted now the collection finds."""
    try:
        garbage.remove(services().db, services().store, list(hashes))
    except (OSError, AtelierError):
        log.warning("unneeded files are left to the collection", exc_info=True)


def _discard(_: BaseException | None) -> None:
    for incoming in g.pop("incoming", []):
        incoming.discard()
