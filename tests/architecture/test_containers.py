"""docker-compose.yml keeps its promises: only the page is published, nobody is root, nothing is writable."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.sources import ROOT

PROFILES = {"gpu": "worker", "cpu": "worker-cpu"}
COMPOSE: tuple[str, ...] = ()
if shutil.which("docker-compose"):
    COMPOSE = ("docker-compose",)
elif (
    shutil.which("docker")
    and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
):
    COMPOSE = ("docker", "compose")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
needs_compose = pytest.mark.skipif(not COMPOSE, reason="docker compose is not installed")


def services(text: str) -> dict[str, dict[str, Any]]:
    """The services of the file with their anchors resolved."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


@pytest.fixture(scope="module")
def composed() -> dict[str, dict[str, Any]]:
    return services((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@needs_compose
@pytest.mark.parametrize("profile", [*PROFILES, ""])
def test_compose_accepts_the_file(profile: str) -> None:
    chosen = ["--profile", profile] if profile else []
    done = subprocess.run(
        [*COMPOSE, *chosen, "-f", str(ROOT / "docker-compose.yml"), "config", "-q"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_part_is_there(composed: dict[str, dict[str, Any]]) -> None:
    assert {"postgres", "redis", "web", "ingest", *PROFILES.values()} <= set(composed)
    for profile, service in PROFILES.items():
        assert composed[service]["profiles"] == [profile]


def test_only_the_page_is_published_and_only_here(composed: dict[str, dict[str, Any]]) -> None:
    published = {name: service["ports"] for name, service in composed.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    outside = [name for name, service in composed.items() if "outside" in service["networks"]]
    assert outside == ["web"]


def test_every_container_is_hardened(composed: dict[str, dict[str, Any]]) -> None:
    for name, service in composed.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name


def test_nobody_is_root(composed: dict[str, dict[str, Any]]) -> None:
    foreign = [name for name, service in composed.items() if "build" not in service]
    assert all(composed[name]["user"] not in ("root", "0") for name in foreign)
    for target in ("web", "worker"):
        stage = DOCKERFILE.split(f" AS {target}\n")[1].split("\nFROM ")[0]
        assert "\nUSER atelier\n" in stage


def test_workers_unpack_on_the_data_volume(composed: dict[str, dict[str, Any]]) -> None:
    base = DOCKERFILE.split(" AS base\n")[1].split("\nFROM ")[0]
    made = base.split("VOLUME /data")[0]
    for name in ("ingest", *PROFILES.values()):
        folder = composed[name]["environment"]["TMPDIR"]
        assert "data:/data" in composed[name]["volumes"] and folder.startswith("/data/")
        assert f"install -d -o atelier -g atelier /data {folder}\n" in made, "a new volume is made from it"


def test_the_entrypoint_makes_the_folder_for_temporary_files(tmp_path: Path) -> None:
    folder = tmp_path / "old volume" / "tmp"
    asked = [str(ROOT / "docker" / "entrypoint"), "sh", "-c", 'test -w "$TMPDIR"']
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder)}
    assert subprocess.run(asked, env=environment, check=False).returncode == 0
    assert folder.is_dir()


def test_secrets_come_as_files(composed: dict[str, dict[str, Any]]) -> None:
    for name, service in composed.items():
        for variable, value in service.get("environment", {}).items():
            secret = any(word in variable for word in ("PASSWORD", "SECRET", "TOKEN", "_URL"))
            assert not secret or str(value).startswith("/run/secrets/"), f"{name}: {variable}"


def test_a_gpu_is_reserved_for_the_gpu_worker(composed: dict[str, dict[str, Any]]) -> None:
    devices = composed["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]


def test_the_web_image_has_no_torch() -> None:
    stage = DOCKERFILE.split(" AS web\n")[1].split("\nFROM ")[0]
    assert "[postgres,s3]" in stage
    assert "worker" not in stage
