"""Files from outside go to the store as they arrive: never whole in memory, never looked into.

Only the first bytes are seen, and what is neither a picture nor a zip is refused at once. Whatever a
request staged and did not keep is thrown away when the request ends.
"""

import errno
import io
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import IO, cast

from flask import Flask, Request, g, request
from werkzeug.datastructures import FileStorage

from shared import garbage
from shared.artifacts import Blob, Staged
from shared.errors import AtelierError, BadFile, InvalidInput
from shared.files import UPLOAD, Artifact, forget_artifact, record_uploads, unreferenced
from shared.jobs import NewArtifact
from web import accepted, magic
from web.context import OWNER, services

log = logging.getLogger(__name__)

#: Each file is open until all of them are known to be wanted.
MOST_FILES = 2000
LONGEST_NAME = 200


class Incoming(io.RawIOBase):
    """A file on its way from the network into the store.

    Of one ``refused`` nothing is kept; it is told by ``check``. ``accept`` are the media types that are
    wanted, where the request says so before its files come.
    """

    def __init__(
        self, name: str, field: str, accept: Collection[str] = (), refused: BadFile | None = None
    ) -> None:
        super().__init__()
        self.name = name
        self._field = field
        self._accept = accept
        self._refused = refused
        self._head = b""
        self._media_type: str | None = None
        self._staged: Staged | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take the next bytes. Raises BadFile once the first ones tell that the file is not wanted."""
        if self._refused is not None:
            return len(data)
        if self._media_type is None:
            self._head += data
            if len(self._head) < magic.SNIFF_BYTES:
                return len(data)
            try:
                self._begin().write(self._head)
            except BadFile as error:
                if not g.get("form_of_fields"):
                    raise
                self._refused = error
            return len(data)
        self._begin().write(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Werkzeug rewinds a received file; there is nothing to rewind here."""
        return 0

    def check(self) -> None:
        """Raises BadFile for an empty file, or for one too short to have been looked at so far."""
        if self._refused is not None:
            raise self._refused
        if self._media_type is None:
            self._begin().write(self._head)

    def check_for(self, field: str, accept: Collection[str]) -> None:
        """Raises as ``check`` does, or InvalidInput for another type; the error names ``field``."""
        try:
            self.check()
        except BadFile as error:
            if self._head:
                # A form's fields are known only now: what is no MIDI is told so where MIDI is wanted.
                magic.require(self._head, self.name, field, accept)
            raise BadFile(error.message, code=error.code, field=field) from None
        accepted.check(str(self._media_type), accept, self.name, field)

    def keep(self) -> tuple[Blob, str]:
        """The stored file and its media type, once it has been checked."""
        return self._begin().commit(), str(self._media_type)

    def discard(self) -> None:
        """Throw away what has not been kept."""
        if self._staged is not None:
            self._staged.discard()

    def _begin(self) -> Staged:
        if self._staged is None:
            self._media_type = magic.require(self._head, self.name, self._field, self._accept)
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
        incoming = _incoming(filename or "file", field)
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
        raise BadFile(f"The file name {name[:80]!r} is not acceptable", code="unsafe_path", field="files")
    return "/".join(part for part in parts if part)[-LONGEST_NAME:] or "file"


def received(field: str, accept: Collection[str] = ()) -> list[FileStorage]:
    """The files of this request under ``field``, without the empty entry of an unused input. ``accept`` are
    the media types that are wanted; ``check`` refuses others.

    Raises:
        InvalidInput: there is none.
    """
    g.upload_field, g.upload_accept = field, accept
    files = [file for file in request.files.getlist(field) if file.filename]
    if not files:
        raise InvalidInput("Choose at least one file: pictures, MIDI files, or one zip of them.", field=field)
    return files


def form_of_fields() -> None:
    """Let this request's form be read to its end: a file of it that is refused is told by ``field_file``.

    To be called before the form is read.
    """
    g.form_of_fields = True


def field_file(field: str, accept: Collection[str]) -> Artifact | None:
    """The file that a form carries under ``field``, kept as an upload; None where none was chosen.

    Raises:
        BadFile, InvalidInput: it is refused, and nothing of it kept; the error names ``field``.
    """
    files = [file for file in request.files.getlist(field) if file.filename]
    if not files:
        return None
    check(files[0], field, accept)
    return record(files[:1])[0]


def check(file: FileStorage, field: str, accept: Collection[str]) -> None:
    """Raises BadFile, or InvalidInput for another type than ``accept`` has; the error names ``field``."""
    cast(Incoming, file.stream).check_for(field, accept)


def _incoming(name: str, field: str) -> Incoming:
    try:
        return Incoming(clean_name(name), field, g.get("upload_accept", ()))
    except BadFile as error:
        if not g.get("form_of_fields"):
            raise
        return Incoming("file", field, refused=error)


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
            kept.append(NewArtifact(UPLOAD, file.name, media, blob, position=position))
        return record_uploads(services().db, kept, OWNER)
    except BaseException:
        _take_back(kept)
        raise


def keep(data: bytes, media_type: str, name: str) -> Artifact:
    """Keep a file that came inside a request and has been looked at. Raises StorageFull."""
    kept = NewArtifact(UPLOAD, name, media_type, services().store.put(data))
    try:
        return record_uploads(services().db, [kept], OWNER)[0]
    except BaseException:
        _take_back([kept])
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
