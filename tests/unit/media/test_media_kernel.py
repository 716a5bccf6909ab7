"""The kernel's walls hold against calls that no audit hook sees: machine code calls libc directly."""

from __future__ import annotations

import ctypes
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from worker.media import kernel
from worker.media.sandbox import _environment

PROBE = """
import ctypes, errno, json, os, sys
from pathlib import Path
from worker.media.kernel import wall_in
libc = ctypes.CDLL(None, use_errno=True)
workspace, permitted, foreign = map(Path, sys.argv[1:])
walls = wall_in(workspace, [permitted, workspace / "not there"])

def tried(call, *arguments):
    ctypes.set_errno(0)
    return "ok" if call(*arguments) >= 0 else errno.errorcode[ctypes.get_errno()]

def path(*parts):
    return os.fsencode(Path(*parts))

write = os.O_CREAT | os.O_WRONLY
print(json.dumps({
    "walls": walls,
    "internet socket": tried(libc.socket, 2, 1, 0),
    "datagram socket": tried(libc.socket, 2, 2, 0),
    "unix socket": tried(libc.socket, 1, 1, 0),
    "start a program": tried(libc.execv, b"/bin/true", None),
    "trace a process": tried(libc.ptrace, 0, 0, 0, 0),
    "io_uring": tried(libc.syscall, 425, 1, None),
    "read a foreign file": tried(libc.open, path(foreign), os.O_RDONLY),
    "list a foreign folder": tried(libc.open, path(foreign.parent), os.O_RDONLY | os.O_DIRECTORY),
    "delete a foreign file": tried(libc.unlink, path(foreign)),
    "write beside": tried(libc.open, path(foreign.parent, "new"), write, 0o600),
    "write over what is read": tried(libc.open, path(permitted), os.O_WRONLY),
    "read what is permitted": tried(libc.open, path(permitted), os.O_RDONLY),
    "write in the workspace": tried(libc.open, path(workspace, "new"), write, 0o600),
    "rename in the workspace": tried(libc.rename, path(workspace, "new"), path(workspace, "renamed")),
}))
"""


def has_landlock() -> bool:
    return bool(ctypes.CDLL(None).syscall(kernel.CREATE_RULESET, None, 0, 1) >= 1)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("kernel")
    workspace, permitted, foreign = folder / "workspace", folder / "permitted", folder / "foreign"
    workspace.mkdir()
    permitted.write_text("read me")
    foreign.write_text("leave me alone")
    done = subprocess.run(
        [sys.executable, "-c", PROBE, workspace, permitted, foreign],
        capture_output=True,
        text=True,
        env=_environment(workspace),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert foreign.read_text() == "leave me alone"
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.skipif(
    platform.machine() not in kernel.CALLS, reason="seccomp numbers of this processor unknown"
)
@pytest.mark.parametrize(
    "attempt",
    (
        "internet socket",
        "datagram socket",
        "unix socket",
        "start a program",
        "trace a process",
        "io_uring",
    ),
)
def test_seccomp_refuses_sockets_and_programs(outcome: dict[str, object], attempt: str) -> None:
    assert "seccomp" in str(outcome["walls"])
    assert outcome[attempt] == "EPERM"


@pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    "attempt",
    (
        "read a foreign file",
        "list a foreign folder",
        "delete a foreign file",
        "write beside",
        "write over what is read",
    ),
)
def test_landlock_refuses_files_outside(outcome: dict[str, object], attempt: str) -> None:
    assert "landlock" in str(outcome["walls"])
    assert outcome[attempt] == "EACCES"


@pytest.mark.parametrize(
    "attempt", ("read what is permitted", "write in the workspace", "rename in the workspace")
)
def test_the_work_itself_is_not_hindered(outcome: dict[str, object], attempt: str) -> None:
    assert outcome[attempt] == "ok"


def test_without_the_kernel_the_other_walls_stand_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class OldKernel:
        def prctl(self, *_: object) -> int:
            return 0

        def syscall(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: OldKernel())
    assert kernel.wall_in(tmp_path, []) == []
