"""SQLite on two machines, or on a network drive, is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from shared import one_host, workers
from shared.database import Database
from shared.errors import ConfigurationError
from shared.migrate import open_database
from shared.one_host import HOST_KEY, Machine, file_system, require_one_host, this_machine
from shared.settings import Settings
from shared.workers import WorkerReport
from tests.conftest import both_stores

MOUNTS = """\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:5 / /proc rw - proc proc rw
30 21 0:40 /export /srv/art rw,relatime shared:9 - nfs4 server:/export rw,vers=4.2
31 30 8:2 / /srv/art/fast rw - xfs /dev/sdb1 rw
32 21 0:41 / /media/two\\040words rw - fuse.sshfs me@there:/ rw
33 21 0:42 / /covered rw - ext4 /dev/sdc1 rw
34 21 0:43 / /covered rw - cifs //server/share rw
not a mount
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/atelier.db", "ext4"),
        ("/srv/art/atelier.db", "nfs4"),
        ("/srv/artful/atelier.db", "ext4"),
        ("/srv/art/fast/atelier.db", "xfs"),
        ("/media/two words/atelier.db", "fuse.sshfs"),
        ("/covered/atelier.db", "cifs"),
    ],
)
def test_the_deepest_and_latest_mount_holds_a_file(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_this_machine_tells_the_file_system_of_a_folder(tmp_path: Path) -> None:
    assert file_system(tmp_path, Path("/proc/self/mountinfo").read_text())
    assert file_system(tmp_path, "") == ""


def mount(monkeypatch: pytest.MonkeyPatch, folder: Path, point: Path, kind: str) -> None:
    """Let this process read that a file system of ``kind`` is mounted at ``point``."""
    table = folder / "mountinfo"
    table.write_text(f"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 21 0:40 / {point} rw - {kind} there rw\n")
    monkeypatch.setattr(one_host, "_MOUNTS", table)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_network_file_system_is_refused(
    kind: str, tmp_path: Path, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for()
    mount(monkeypatch, tmp_path, tmp_path, kind)
    with pytest.raises(ConfigurationError, match=rf"network file system \({kind}\)") as caught:
        open_database(settings)
    assert caught.value.field == "ATELIER_DATABASE_URL"
    assert not (tmp_path / "atelier.db").exists()


def test_a_local_disk_is_not(
    tmp_path: Path, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    mount(monkeypatch, tmp_path, tmp_path, "btrfs")
    open_database(settings_for()).engine.dispose()
    assert (tmp_path / "atelier.db").exists()


def test_a_memory_has_no_host() -> None:
    require_one_host(Database("sqlite:///:memory:"), silent_seconds=60)


def appear(db: Database, machine: Machine | None, *, state: str = "idle", silent: float = 0.0) -> None:
    """A worker on ``machine`` writes its row, as it would have so many seconds ago."""
    info = {} if machine is None else {HOST_KEY: machine.told()}
    workers.beat(db, WorkerReport("w/0", "studio", 1, "cpu", ["interactive"], [], state, [], [], info))
    with db.begin() as connection:
        connection.execute(text("UPDATE workers SET seen_at = seen_at - :silent"), {"silent": silent})


FOREIGN = Machine("1" * 16, "2" * 16)


@pytest.mark.parametrize("silent", [0.0, 50.0, -3600.0], ids=["now", "a while ago", "its clock is ahead"])
def test_another_machine_s_living_worker_keeps_everybody_else_out(
    db: Database, settings_for: Callable[..., Settings], silent: float
) -> None:
    appear(db, FOREIGN, silent=silent)
    with pytest.raises(ConfigurationError) as caught:
        open_database(settings_for(lease_seconds=30))
    told = str(caught.value)
    assert "in use on another machine (studio, worker w/0); SQLite serves one machine only" in told
    assert "PostgreSQL" in told and "try again in 60 seconds" in told
    assert (caught.value.code, caught.value.field) == ("configuration_error", "ATELIER_DATABASE_URL")


@pytest.mark.parametrize(("state", "silent"), [("gone", 0.0), ("idle", 61.0)])
def test_one_that_left_or_died_does_not(
    db: Database, settings_for: Callable[..., Settings], state: str, silent: float
) -> None:
    appear(db, FOREIGN, state=state, silent=silent)
    open_database(settings_for(lease_seconds=30)).engine.dispose()


@pytest.mark.parametrize(
    "machine",
    [this_machine(), replace(this_machine(), id=""), replace(this_machine(), boot="0" * 16), None],
    ids=["this one", "a container on it", "this one before its restart", "an older Atelier"],
)
def test_the_same_machine_is_let_in(
    db: Database, settings_for: Callable[..., Settings], machine: Machine | None
) -> None:
    if machine is not None and machine.boot != this_machine().boot and not machine.id:
        pytest.skip("this machine has no lasting id")
    appear(db, machine)
    open_database(settings_for()).engine.dispose()


def test_machines_without_an_id_are_not_the_same() -> None:
    assert not Machine("1", "").same_as({"boot": "2", "id": ""})


@both_stores
def test_postgresql_serves_any_number(db: Database, settings_for: Callable[..., Settings]) -> None:
    appear(db, FOREIGN)
    if db.is_sqlite:
        with pytest.raises(ConfigurationError):
            open_database(settings_for())
    else:
        open_database(settings_for()).engine.dispose()
