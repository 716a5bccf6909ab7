"""What the kernel itself can refuse: files outside the workspace (Landlock), sockets and programs (seccomp).

The audit hook of `guard` stops Python code; these stop machine code too, should a picture take over a
decoder. Both are of use without any privilege. Where the kernel or the processor is without one, the other
walls stand alone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

# linux/landlock.h; the numbers of the calls are the same on every processor.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
# Rights known to each version of the interface; later versions add nothing that a child could misuse here.
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}

# linux/prctl.h, linux/seccomp.h, linux/bpf_common.h
NO_NEW_PRIVS, SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1
FOREIGN_CALLS = 0x40000000
# Audit name of the processor, and its numbers of socket, execve, execveat, ptrace, process_vm_readv,
# process_vm_writev and io_uring_setup.
CALLS = {
    "x86_64": (0xC000003E, (41, 59, 322, 101, 310, 311, 425)),
    "aarch64": (0xC00000B7, (198, 221, 281, 117, 270, 271, 425)),
}


def wall_in(workspace: Path, readable: Iterable[Path]) -> list[str]:
    """Let this process write in `workspace` and read `readable` only, open no socket and start no program.

    Gives the names of the walls that stand: "landlock", "seccomp".
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return []
    walls = {"landlock": _landlock(libc, workspace, readable), "seccomp": _seccomp(libc)}
    return [name for name, stands in walls.items() if stands]


def _landlock(libc: ctypes.CDLL, workspace: Path, readable: Iterable[Path]) -> bool:
    version = libc.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    rights = RIGHTS[max(known for known in RIGHTS if known <= version)]
    attributes = struct.pack("<Q", rights)
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        _permit(libc, ruleset, workspace, rights & ~1)
        for path in readable:
            _permit(libc, ruleset, path, READ_FILE | READ_DIR)
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _permit(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    if not path.exists():
        return
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rights if path.is_dir() else rights & ~READ_DIR
        libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("<Qi", allowed, handle), 0)
    finally:
        os.close(handle)


def _seccomp(libc: ctypes.CDLL) -> bool:
    known = CALLS.get(platform.machine())
    if known is None:
        return False
    processor, refused = known
    last = 5 + len(refused)
    lines = [
        (LOAD, 0, 0, 4),
        (EQUAL, 1, 0, processor),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, 0),
        (AT_LEAST, last - 4, 0, FOREIGN_CALLS),
        *((EQUAL, last - 5 - index, 0, number) for index, number in enumerate(refused)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in lines))
    header = struct.pack("@HxxxxxxP", len(lines), ctypes.addressof(program))
    return bool(libc.prctl(SET_SECCOMP, MODE_FILTER, header, 0, 0) == 0)
