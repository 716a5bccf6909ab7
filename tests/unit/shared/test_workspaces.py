"""Temporary folders go with their process, also when it is killed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shared.workspaces import remove_left_behind, workspace

PREFIX = "atelier-test-"
HOLD = """
import sys
from shared.workspaces import workspace
with workspace(sys.argv[1]) as folder:
    (folder / "half").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_workspace_is_private_and_gone_after_the_block(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), workspace(PREFIX) as folder:
        (folder / "file").write_text("x")
        assert folder.stat().st_mode & 0o77 == 0
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_only_what_nobody_holds_is_removed(tmp_path: Path) -> None:
    with workspace(PREFIX) as folder:
        (tmp_path / f"{PREFIX}left").mkdir()
        (tmp_path / "somebody-else").mkdir()
        assert remove_left_behind(PREFIX) == 1
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["somebody-else"]


def test_the_workspace_of_a_killed_process_is_removed() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, PREFIX], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert remove_left_behind(PREFIX) == 0 and folder.is_dir()
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        assert remove_left_behind(PREFIX) == 1 and not folder.exists()
    finally:
        holder.kill()
        holder.communicate()
