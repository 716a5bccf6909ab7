"""A worker and a web that find an SQLite database in use on another machine say so and leave."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.database import Database
from shared.settings import Settings
from tests.support.workers import ROOT, WorkerProcess


def start(module: str, settings: Settings, *before: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module`` on the database of ``settings`` to its end."""
    environment = os.environ | {
        "ATELIER_HOME": str(settings.home),
        "ATELIER_DATABASE_URL": settings.database_url,
        "ATELIER_DEVICE": "cpu",
    }
    return subprocess.run(
        [*before, sys.executable, "-m", module],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path: Path) -> list[str]:
    """A command that runs another as on another machine: with another boot id and another machine id."""
    other = tmp_path / "other_id"
    other.write_text("00000000-1111-2222-3333-444444444444\n")
    ids = [path for path in ("/proc/sys/kernel/random/boot_id", "/etc/machine-id") if Path(path).exists()]
    covers = " && ".join(f"mount --bind {other} {path}" for path in ids)
    command = ["unshare", "--mount", "sh", "-c", f'{covers} && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode != 0:
        pytest.skip("this machine lets nobody pretend to be another")
    return command


@pytest.mark.parametrize("module", ["worker", "web"])
def test_who_comes_from_another_machine_is_refused(
    module: str, elsewhere: list[str], worker: WorkerProcess, settings: Settings, db: Database
) -> None:
    done = start(module, settings, *elsewhere)
    assert done.returncode == 1
    assert f"atelier {module}: the SQLite database" in done.stderr
    assert "is in use on another machine" in done.stderr and "PostgreSQL" in done.stderr
    assert "Traceback" not in done.stderr
    assert [row.state for row in worker.children(db)] == ["idle"]
