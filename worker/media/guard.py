"""The walls around the child that parses hostile files. It puts them up itself, before reading any of them.

Limits of the kernel bound memory, processor time and the size of any file. An audit hook, which cannot be
removed once set, refuses network connections, new processes and writing outside the workspace; `kernel`
lets the kernel refuse the same where it can. The parent adds the wall-clock limit, a bare environment and a
fresh process group.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from worker.media.kernel import wall_in
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


def raise_walls(workspace: Path, limits: Limits, inputs: Iterable[Path] = ()) -> list[str]:
    """Limit this process for good. Call it once, after the imports and before any of `inputs` is read.

    Gives the names of the kernel's own walls that stand besides.
    """
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

    kernel_walls = wall_in(workspace, [*_program_folders(), *inputs])
    sys.addaudithook(refuse)
    return kernel_walls


def _program_folders() -> Iterator[Path]:
    """What Python may still have to read: modules that are imported late, and libraries."""
    for folder in (sys.prefix, sys.base_prefix, *sys.path, "/usr", "/lib", "/lib64", "/dev/urandom"):
        if folder:
            yield Path(folder)


def _check_inside(path: object, inside: str) -> None:
    if isinstance(path, int):
        return
    if not os.path.realpath(os.fsdecode(path)).startswith(inside):  # type: ignore[arg-type]
        raise PermissionError("writing outside the workspace is not allowed here")
