"""A disk of a few megabytes that can be filled: a tmpfs, which the kernel lets only root mount."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import pytest

CHUNKS = (1 << 16, 1 << 12)


class NoDisk(RuntimeError):
    """The message says why."""


class SmallDisk:
    """``folder`` is its root, a given empty folder or one that every account can reach.

    Raises:
        NoDisk: this process may not mount one.
    """

    def __init__(self, megabytes: int, folder: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-disk-")) if folder is None else folder
        self._ballast = self.folder / "ballast"
        size = f"size={megabytes}m,mode=0777"
        try:
            self._run("mount", "-t", "tmpfs", "-o", size, "atelier-test", str(self.folder))
        except (OSError, subprocess.CalledProcessError) as error:
            self.folder.rmdir()
            told = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else error
            raise NoDisk(f"a small disk cannot be mounted here: {told}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Lazily: a process that is just ending may still have a file open there.
        self._run("umount", "--lazy", str(self.folder))
        self.folder.rmdir()

    def fill(self) -> None:
        """Leave no room at all."""
        with self._ballast.open("ab", buffering=0) as file:
            # Others may erase a file meanwhile.
            while shutil.disk_usage(self.folder).free:
                for size in CHUNKS:
                    _write_until_full(file.fileno(), bytes(size))

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink()

    def _run(self, *command: str) -> None:
        subprocess.run(command, capture_output=True, check=True, text=True)


def mounted(megabytes: int, folder: Path | None = None) -> SmallDisk:
    """A small disk; the test is skipped where none can be mounted."""
    try:
        return SmallDisk(megabytes, folder)
    except NoDisk as reason:
        pytest.skip(str(reason))


def _write_until_full(descriptor: int, data: bytes) -> None:
    try:
        while os.write(descriptor, data) == len(data):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
