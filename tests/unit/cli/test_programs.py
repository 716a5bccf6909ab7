"""What ``atelier up`` would start."""

import sys
from pathlib import Path

import pytest

from cli.stack.programs import child_environment, local_address, make_programs
from shared.errors import ConfigurationError
from shared.settings import load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ATELIER_REDIS_URL", "ATELIER_LANES", "ATELIER_HOST", "ATELIER_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_everything_on_one_machine(tmp_path: Path) -> None:
    programs = {program.name: program for program in make_programs(load_settings(home=tmp_path))}
    assert list(programs) == ["bell", "web", "worker", "ingest"]
    assert programs["web"].argv == (sys.executable, "-P", "-m", "web")
    assert programs["worker"].argv[-2:] == ("--lanes", "interactive,training")
    assert programs["ingest"].argv[-2:] == ("--lanes", "ingest")
    assert programs["bell"].needed
    assert programs["web"].needed
    assert all(program.log.parent == tmp_path / "logs" for program in programs.values())


def test_workers_leave_first_and_the_bell_last(tmp_path: Path) -> None:
    stages = {program.name: program.stage for program in make_programs(load_settings(home=tmp_path))}
    assert stages["worker"] == stages["ingest"] < stages["web"] < stages["bell"]


def test_workers_get_time_to_hand_back(tmp_path: Path) -> None:
    programs = {program.name: program for program in make_programs(load_settings(home=tmp_path))}
    assert programs["worker"].stop_seconds >= 30
    assert programs["worker"].orphan_seconds >= 30
    assert programs["web"].orphan_seconds == 0


def test_another_bell_is_not_started_twice(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, redis_url="redis://bell.example:6379/0")
    assert [program.name for program in make_programs(settings)] == ["web", "worker", "ingest"]


def test_lanes_choose_the_workers(tmp_path: Path) -> None:
    names = [program.name for program in make_programs(load_settings(home=tmp_path, lanes="ingest"))]
    assert names == ["bell", "web", "ingest"]
    with pytest.raises(ConfigurationError, match="ATELIER_LANES"):
        make_programs(load_settings(home=tmp_path, lanes=" , "))


def test_all_processes_agree(tmp_path: Path) -> None:
    environment = child_environment(load_settings(home=tmp_path, port=8765))
    assert environment["ATELIER_HOME"] == str(tmp_path)
    assert environment["ATELIER_PORT"] == "8765"
    assert environment["ATELIER_DATABASE_URL"].startswith("sqlite:///")
    assert environment["ATELIER_REDIS_URL"].startswith("unix://")
    assert environment["ATELIER_STORE_URL"].startswith("file://")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_the_address_can_be_opened_here(tmp_path: Path, host: str, address: str) -> None:
    assert local_address(load_settings(home=tmp_path, host=host)) == address
