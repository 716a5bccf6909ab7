"""The walls around the child that parses hostile files. It puts them up itself, before it reads the first
byte.

Limits of the kernel bound memory, processor time and the size of any file. An audit hook, which cannot be
removed once set, refuses network connections, new processes and writing outside the workspace. The parent
adds the wall-clock limit, a bare environment and a fresh process group.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

from worker.media.limits import Limits

FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "pty.",
    "ctypes.",
)
CHANGES = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.chown",
    "os.truncate",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def raise_walls(workspace: Path, limits: Limits) -> None:
    """Limit this process for good. Call it once, after the imports and before any input is read."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_file, limits.output_file))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    # The soft limit raises SIGXCPU; the hard one, a second later, kills.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    inside = str(workspace.resolve()) + os.sep

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} is not allowed here")
        writes = event == "open" and isinstance(args[2], int) and args[2] & WRITING
        if writes or event in CHANGES:
            _check_inside(args[0], inside)

    sys.addaudithook(refuse)


def _check_inside(path: object, inside: str) -> None:
    if isinstance(path, int):
        return
    if not os.path.realpath(os.fsdecode(path)).startswith(inside):  # type: ignore[arg-type]
        raise PermissionError("writing outside the workspace is not allowed here")
