"""Temporary folders that do not outlive their process for long: each is locked by whoever uses it.

A process that is killed cannot remove its folder, but the kernel drops its lock, and the next one that
looks removes what nobody holds.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workspace(prefix: str) -> Iterator[Path]:
    """A private temporary folder whose name begins with ``prefix``; it is gone after the block."""
    folder, lock = _own_folder(prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_left_behind(prefix: str) -> int:
    """Remove this machine's workspaces with that prefix that no living process holds; gives how many."""
    count = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
            count += 1
    return count


def _own_folder(prefix: str) -> tuple[Path, int]:
    """A new folder and its lock. Another process that cleans up may be quicker: then once more."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        lock = _locked(folder)
        if lock is not None and folder.is_dir():
            return folder, lock
        if lock is not None:
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """The folder's lock, held until it is closed or its processes die; None when another holds it."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
