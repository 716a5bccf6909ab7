"""A disk of a few megabytes (a tmpfs of its own) that can be filled up."""

from __future__ import annotations

import os
import subprocess
from errno import ENOSPC
from pathlib import Path
from typing import Self

CHUNK = 1 << 12


class NoDisk(RuntimeError):
    """The message says why."""


class SmallDisk:
    """Mounted at ``path`` while the block lasts.

    Raises:
        NoDisk: only root may mount, and some roots may not.
    """

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path = path
        self._filler = path / "filler"
        self._options = f"size={megabytes}m"

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            raise NoDisk("a small disk needs root, who may mount a tmpfs")
        command = ["mount", "-t", "tmpfs", "-o", self._options, "tmpfs", str(self.path)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            raise NoDisk(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        # Lazily: a process that was killed a moment ago may still be leaving.
        subprocess.run(["umount", "--lazy", str(self.path)], capture_output=True, check=False)

    def fill(self) -> None:
        """Take all the room that is left."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(CHUNK)):
                    continue
            except OSError as error:
                if error.errno != ENOSPC:
                    raise

    def free(self) -> None:
        """Give it back."""
        self._filler.unlink(missing_ok=True)
