"""Which devices a worker takes."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError
from worker import devices


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Pretend that torch sees these GPUs."""
    found: list[list[Any]] = [["Big", 80], ["Small", 8]]

    def probe(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, json.dumps(found), "")

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", probe)
    return found


def names(choice: str) -> list[str]:
    return [device.name for device in devices.find(choice)]


def test_every_gpu_gets_a_child(gpus: list[list[Any]]) -> None:
    assert names("auto") == names("cuda") == ["cuda:0", "cuda:1"]
    assert [(device.title, device.memory, device.kind) for device in devices.find("auto")] == [
        ("Big", 80, "cuda"),
        ("Small", 8, "cuda"),
    ]


def test_one_device_can_be_chosen(gpus: list[list[Any]]) -> None:
    assert names("cuda:1") == ["cuda:1"]
    assert names("cpu") == ["cpu"]


def test_a_device_named_twice_gets_two_children(gpus: list[list[Any]]) -> None:
    assert names("cuda:0,cuda:0, cuda:1") == ["cuda:0", "cuda:0", "cuda:1"]
    assert names("cpu,cuda:1") == ["cpu", "cuda:1"]
    assert names("cpu,cpu") == ["cpu", "cpu"]
    assert names("cuda,cuda") == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]


def test_each_device_knows_the_others_of_its_worker(gpus: list[list[Any]]) -> None:
    peers = [device.peers for device in devices.find("cuda:0,cuda:1,cuda:0")]
    assert peers == [("cuda:0", "cuda:1"), ("cuda:1", "cuda:0"), ("cuda:0", "cuda:1")]
    assert [device.peers for device in devices.find("cpu,cpu")] == [("cpu",), ("cpu",)]
    assert [device.peers for device in devices.find("auto")] == peers[:2]


@pytest.mark.parametrize(
    ("choice", "cores", "threads"),
    [
        ("cpu", 1, [1]),
        ("cpu", 2, [1]),
        ("cpu", 8, [7]),
        ("cpu,cpu", 8, [3, 3]),
        ("cpu,cpu,cpu", 2, [1, 1, 1]),
        ("cuda:0,cuda:1", 16, [8, 8]),
        ("cpu,cuda:0", 16, [15, 8]),
    ],
)
def test_the_children_share_the_cores(
    gpus: list[list[Any]], choice: str, cores: int, threads: list[int]
) -> None:
    found = devices.find(choice)
    assert [devices.default_threads(device, found, cores) for device in found] == threads


@pytest.mark.parametrize(
    ("limit", "cores"), [("max 100000", 6), ("250000 100000", 2), ("50000 100000", 1), ("odd", 6), (None, 6)]
)
def test_a_container_s_limit_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str | None, cores: int
) -> None:
    path = tmp_path / "cpu.max"
    if limit is not None:
        path.write_text(limit)
    monkeypatch.setattr(devices, "CPU_LIMIT", path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    assert devices.usable_cores() == cores


def test_without_a_gpu_there_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (device,) = devices.find("auto")
    assert (device.name, device.kind) == ("cpu", "cpu")
    assert device.memory > 0


def test_a_driver_without_a_cuda_build_of_torch_is_no_gpu(gpus: list[list[Any]]) -> None:
    gpus.clear()
    assert names("auto") == ["cpu"]


def test_a_probe_that_fails_is_no_gpu(gpus: list[list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "no driver")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    assert names("auto") == ["cpu"]


@pytest.mark.parametrize("choice", ["cuda:7", "tpu", "", "cuda:0,cuda:7", "cpu,"])
def test_what_is_not_there_is_refused(gpus: list[list[Any]], choice: str) -> None:
    with pytest.raises(ConfigurationError, match="there is: cpu, cuda:0, cuda:1"):
        devices.find(choice)


def test_devices_are_of_one_type_when_their_titles_are() -> None:
    one, two = (devices.Device(f"cuda:{index}", "A GPU", 1) for index in range(2))
    other = devices.Device("cuda:2", "Another GPU", 1)
    assert one.type == two.type == "A GPU" != other.type
    assert devices.cpu().type == "cpu"
    assert len(devices.Device("cuda:0", "G" * 200, 1).type) <= 64
