"""Files by their content: written once, named by their SHA-256, never changed.

A file is staged under a temporary name, flushed to the disk, hashed and renamed: a name that exists is
whole. ``Store`` is what a folder and an object store both offer; from ``renew`` on it is what the collection
of garbage asks for (shared/garbage.py).
"""

import errno
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self
from urllib.parse import unquote, urlparse

from shared.errors import ArtifactDamaged, ConfigurationError, StorageFull

CHUNK = 1 << 20
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
STAGED = "staged-"
TRASHED = "trash-"
HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file: hash (SHA-256, 64 hex digits) and size in bytes."""

    hash: str
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it lies there: ``put_at`` is when it was last put, by the store's own clock.

    ``name`` is its hash, or, of a file in the trash, its name there.
    """

    name: str
    hash: str
    put_at: float


class Staged(Protocol):
    """A file being written: ``commit`` gives it its name, leaving the block without it discards it."""

    def write(self, data: bytes) -> None: ...
    def commit(self) -> Blob: ...
    def discard(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """What Atelier asks of a place for files."""

    def stage(self) -> Staged: ...
    def put(self, data: bytes) -> Blob: ...
    def open(self, hash: str) -> BinaryIO: ...
    def read(self, hash: str) -> bytes: ...
    def path(self, hash: str) -> Path: ...
    def exists(self, hash: str) -> bool: ...
    def delete(self, hash: str) -> None: ...
    def verify(self, hash: str) -> None: ...
    def renew(self, hash: str) -> None: ...
    def clock(self) -> float: ...
    def listed(self, prefix: str) -> Iterator[Kept]: ...
    def trash(self, hash: str) -> None: ...
    def trashed(self) -> list[Kept]: ...
    def restore(self, name: str) -> None: ...
    def erase(self, name: str) -> None: ...
    def clear_staged(self, before: float) -> int: ...


class FolderStore:
    """A store in a folder: ``root/ab/abcdef...``, temporary files and the trash in ``root/tmp``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.temporary = root / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)

    def stage(self) -> "StagedFile":
        """Begin a file.

        Raises:
            StorageFull: when there is no room (here, in ``write`` or in ``commit``).
        """
        return StagedFile(self)

    def put(self, data: bytes) -> Blob:
        """Store ``data`` whole. Raises StorageFull when there is no room."""
        with self.stage() as staged:
            staged.write(data)
            return staged.commit()

    def open(self, hash: str) -> BinaryIO:
        """The file for reading. Raises ArtifactDamaged when it is missing."""
        try:
            return self.path(hash).open("rb")
        except FileNotFoundError:
            raise ArtifactDamaged(f"the stored file {hash[:12]} is missing") from None

    def read(self, hash: str) -> bytes:
        """The file's bytes. Raises ArtifactDamaged when it is missing."""
        with self.open(hash) as file:
            return file.read()

    def path(self, hash: str) -> Path:
        """Where the file lies or would lie. Raises ValueError for what is not a hash."""
        if not is_hash(hash):
            raise ValueError(f"not a SHA-256: {hash[:80]!r}")
        return self.root / hash[:2] / hash

    def exists(self, hash: str) -> bool:
        return self.path(hash).is_file()

    def delete(self, hash: str) -> None:
        """Remove the file; the caller knows that nothing refers to it. No error when it is gone."""
        self.path(hash).unlink(missing_ok=True)

    def verify(self, hash: str) -> None:
        """Read the file again and compare. Raises ArtifactDamaged when it is not what its name says."""
        digest = hashlib.sha256()
        with self.open(hash) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != hash:
            raise ArtifactDamaged(f"the stored file {hash[:12]} does not match its hash")

    def renew(self, hash: str) -> None:
        """Make the file as fresh as one just put. Raises ArtifactDamaged when it is missing."""
        try:
            os.utime(self.path(hash))
        except FileNotFoundError:
            raise ArtifactDamaged(f"the stored file {hash[:12]} is missing") from None

    def clock(self) -> float:
        """Seconds since 1970 by the clock that dates the files, whatever this machine's own one says."""
        with tempfile.TemporaryFile(dir=self.temporary) as file:
            return os.fstat(file.fileno()).st_mtime

    def listed(self, prefix: str) -> Iterator[Kept]:
        """The files whose hashes begin with these two digits."""
        with suppress(FileNotFoundError), os.scandir(self.root / prefix) as entries:
            for entry in entries:
                # One that goes away meanwhile is none any more.
                with suppress(FileNotFoundError):
                    if is_hash(entry.name):
                        yield Kept(entry.name, entry.name, entry.stat(follow_symlinks=False).st_mtime)

    def trash(self, hash: str) -> None:
        """Take the file out of the store, in one step and with its date; no error when it is gone."""
        with suppress(FileNotFoundError):
            os.rename(self.path(hash), self.temporary / f"{TRASHED}{hash}-{uuid.uuid4().hex}")

    def trashed(self) -> list[Kept]:
        """What lies in the trash."""
        found = []
        for path in self.temporary.glob(f"{TRASHED}*"):
            with suppress(FileNotFoundError):
                found.append(Kept(path.name, path.name.split("-")[1], path.stat().st_mtime))
        return found

    def restore(self, name: str) -> None:
        """Put a file of the trash back, fresh; one that was put again meanwhile is left alone."""
        trashed = self.temporary / name
        target = self.path(name.split("-")[1])
        with suppress(FileNotFoundError):
            if target.is_file():
                trashed.unlink()
            else:
                os.utime(trashed)
                os.replace(trashed, target)

    def erase(self, name: str) -> None:
        """Delete a file of the trash for good; no error when it is gone."""
        (self.temporary / name).unlink(missing_ok=True)

    def clear_staged(self, before: float) -> int:
        """Delete staged files that nothing was written to since ``before``; gives how many."""
        count = 0
        for path in self.temporary.glob(f"{STAGED}*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count


class StagedFile:
    """A temporary file that becomes a stored one."""

    def __init__(self, store: FolderStore) -> None:
        self._store = store
        self._digest = hashlib.sha256()
        self._size = 0
        with _room():
            descriptor, name = tempfile.mkstemp(dir=store.temporary, prefix=STAGED)
        self._path: Path | None = Path(name)
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        with _room():
            self._file.write(data)
        self._digest.update(data)
        self._size += len(data)

    def commit(self) -> Blob:
        """Flush to the disk, then rename: after this the file is there, whole, under its hash."""
        if self._path is None:
            raise ValueError("the file was already committed or discarded")
        with _room():
            self._file.flush()
            # The grace of shared/garbage.py begins now, however long ago the last byte was written.
            os.utime(self._file.fileno())
            os.fsync(self._file.fileno())
            self._file.close()
            blob = Blob(self._digest.hexdigest(), self._size)
            target = self._store.path(blob.hash)
            new_folder = not target.parent.is_dir()
            target.parent.mkdir(exist_ok=True)
            os.replace(self._path, target)
            _flush_folder(target.parent)
            if new_folder:
                _flush_folder(self._store.root)
        self._path = None
        return blob

    def discard(self) -> None:
        """Throw the file away; nothing happens after ``commit``."""
        if self._path is None:
            return
        # Closing flushes what a full disk refused; the file goes away either way.
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)
        self._path = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def is_hash(name: str) -> bool:
    """Whether ``name`` is a SHA-256 in 64 small hex digits."""
    return len(name) == 64 and set(name) <= HEX


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull("the disk that holds the works is full; free some space") from error
        raise


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_store(url: str) -> Store:
    """The store that ``url`` names: ``file:///folder``.

    Raises:
        ConfigurationError: for another scheme.
    """
    parsed = urlparse(url)
    if parsed.scheme == "file" and parsed.path:
        return FolderStore(Path(unquote(parsed.path)))
    raise ConfigurationError(f"ATELIER_STORE_URL: {url!r} is not supported; use file:///folder")
