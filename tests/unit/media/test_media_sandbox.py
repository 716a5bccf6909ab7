"""The child process: its walls hold, and however it ends, the parent gets a report or a code."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from shared.errors import BadFile, Canceled, StorageFull
from tests.hostile import pictures, zips
from worker.media import sandbox
from worker.media.limits import MIB, Limits, for_upload
from worker.media.sandbox import take_in

LIMITS = Limits()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(
        zips.zipped({f"{seed}.png": pictures.saved(pictures.painting(seed)) for seed in range(3)})
    )
    return path


def quiet(fraction: float, name: str, count: int) -> None:
    assert 0 <= fraction <= 1


def alive_in(workspace: Path) -> list[int]:
    """The processes that work in `workspace`."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        if str(workspace) in (process.info["cmdline"] or []):
            found.append(process.info["pid"])
    return found


def test_a_good_upload_gives_its_report_and_files(upload: Path, workspace: Path) -> None:
    report = take_in([(upload, "set.zip")], workspace, LIMITS, quiet)
    assert [one.name for one in report.kept] == ["0.png", "1.png", "2.png"]
    assert all((workspace / one.path).stat().st_size > 0 for one in report.kept)


def test_a_refusal_keeps_its_code_and_detail(workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    path.write_bytes(pictures.saved(pictures.painting())[:-40])
    with pytest.raises(BadFile) as caught:
        take_in([(path, "cut.png")], workspace, LIMITS, quiet)
    assert caught.value.code == "truncated_image"
    assert caught.value.detail["refused"][0]["name"] == "cut.png"


def test_what_the_watcher_raises_ends_the_child(upload: Path, workspace: Path) -> None:
    def cancel(fraction: float, name: str, count: int) -> None:
        assert alive_in(workspace)
        raise Canceled("the owner wants no more")

    with pytest.raises(Canceled):
        take_in([(upload, "set.zip")], workspace, LIMITS, cancel)
    assert not alive_in(workspace)


def test_the_wall_clock_ends_the_child(upload: Path, workspace: Path) -> None:
    began = time.monotonic()
    with pytest.raises(BadFile) as caught:
        take_in([(upload, "set.zip")], workspace, replace(LIMITS, wall_seconds=0.0), quiet)
    assert caught.value.code == "too_slow"
    assert time.monotonic() - began < 20


def test_the_processor_limit_ends_the_child(workspace: Path, tmp_path: Path) -> None:
    # Forty-eight million pixels from a few kilobytes, sixteen times over: more than two seconds of work.
    path = tmp_path / "heavy.zip"
    path.write_bytes(zips.zipped({f"{i}.png": pictures.png_bomb(6900 + 8 * i) for i in range(16)}))
    with pytest.raises(BadFile) as caught:
        take_in([(path, "heavy.zip")], workspace, replace(LIMITS, cpu_seconds=2), quiet)
    assert caught.value.code == "too_slow"
    assert ".png" in caught.value.message


def test_the_memory_limit_refuses_a_picture_and_not_the_machine(workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(pictures.png_bomb(6900))
    with pytest.raises(BadFile) as caught:
        take_in([(path, "large.png")], workspace, replace(LIMITS, memory=300 * MIB), quiet)
    assert caught.value.code in ("image_too_large", "too_much_memory")


def test_a_full_disk_is_told_apart_and_may_be_retried(
    upload: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_wait", lambda *_: sandbox.DISK_FULL)
    with pytest.raises(StorageFull) as caught:
        take_in([(upload, "set.zip")], workspace, LIMITS, quiet)
    assert caught.value.retryable


def test_a_child_that_dies_in_a_decoder_is_a_bad_file(
    upload: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_wait", lambda *_: -11)
    with pytest.raises(BadFile) as caught:
        take_in([(upload, "set.zip")], workspace, LIMITS, quiet)
    assert caught.value.code == "damaged_file"


WALLS = """
import sys
from pathlib import Path
from worker.media.guard import raise_walls
from worker.media.limits import Limits
import socket, subprocess, os, ctypes
workspace = Path(sys.argv[1])
raise_walls(workspace, Limits(output_file=1000))
def refused(act):
    try:
        act()
    except PermissionError:
        return True
    return False
checks = [
    refused(lambda: socket.create_connection(("127.0.0.1", 9))),
    refused(lambda: socket.socket(socket.AF_UNIX)),
    refused(lambda: socket.getaddrinfo("localhost", 80)),
    refused(lambda: subprocess.run(["true"])),
    refused(lambda: os.system("true")),
    refused(lambda: os.fork()),
    refused(lambda: os.execv("/bin/true", ["true"])),
    refused(lambda: os.posix_spawn("/bin/true", ["true"], {})),
    refused(lambda: ctypes.CDLL(None)),
    refused(lambda: open(workspace.parent / "outside", "w")),
    refused(lambda: os.open(workspace / ".." / "outside", os.O_CREAT | os.O_WRONLY)),
    refused(lambda: open(workspace / "way_out" / "outside", "w")),
    refused(lambda: os.remove(workspace.parent / "precious")),
    refused(lambda: os.rename(workspace.parent / "precious", workspace / "stolen")),
]
(workspace / "inside").write_bytes(b"x")
os.replace(workspace / "inside", workspace / "renamed")
try:
    (workspace / "long").write_bytes(bytes(2000))
    checks.append(False)
except OSError:
    checks.append(True)
try:
    bytearray(4 << 30)
    checks.append(False)
except MemoryError:
    checks.append(True)
print(checks.count(True), len(checks), [i for i, held in enumerate(checks) if not held])
"""


def test_the_walls_hold_against_network_processes_and_writing_outside(
    workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("keep me")
    (workspace / "way_out").symlink_to(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", WALLS, str(workspace)],
        capture_output=True,
        text=True,
        env=sandbox._environment(workspace),
        check=False,
    )
    assert done.stdout.strip() == "16 16 []", done.stderr
    assert (tmp_path / "precious").read_text() == "keep me"
    assert not (tmp_path / "outside").exists()
    assert (workspace / "renamed").exists()


def test_the_child_sees_no_secret_of_the_environment(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_PASSWORD", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert not {"ATELIER_PASSWORD", "HTTPS_PROXY", "HOME"} & set(sandbox._environment(workspace))


def test_the_time_given_grows_with_the_upload_up_to_a_cap() -> None:
    small, middle, huge = for_upload(1000), for_upload(10 * MIB), for_upload(10_000 * MIB)
    assert small.cpu_seconds == 60
    assert small.cpu_seconds < middle.cpu_seconds < huge.cpu_seconds == 900
    assert middle.wall_seconds == 2 * middle.cpu_seconds


def test_limits_are_never_negative() -> None:
    with pytest.raises(ValueError, match="entries"):
        Limits(entries=-1)
