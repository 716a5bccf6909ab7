"""Which devices a worker takes."""

import json
import shutil
import subprocess
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


@pytest.mark.parametrize("choice", ["cuda:7", "tpu", ""])
def test_what_is_not_there_is_refused(gpus: list[list[Any]], choice: str) -> None:
    with pytest.raises(ConfigurationError, match="there is: cpu, cuda:0, cuda:1"):
        devices.find(choice)
