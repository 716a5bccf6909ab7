"""What a child decides before and after its work."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import torch

from shared.database import Database
from shared.settings import Settings
from worker.app.child import Child, Plan, limit_threads, pin
from worker.app.lifeline import Lifeline
from worker.devices import Device
from worker.registry import Registry, discover


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def registry() -> Registry:
    return discover("tests.families.toy")


@pytest.mark.usefixtures("threads")
def test_threads_are_limited_in_a_running_torch() -> None:
    limit_threads(1)
    assert torch.get_num_threads() == 1
    assert os.environ["OMP_NUM_THREADS"] == "1"


def test_threads_are_limited_before_torch_is_there() -> None:
    code = (
        "import sys; from worker.app.child import limit_threads; limit_threads(1);"
        "assert 'torch' not in sys.modules; import torch; print(torch.get_num_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


class FakeCuda:
    """What ``torch.cuda`` would be asked for."""

    def __init__(self) -> None:
        self.chosen: list[str] = []

    def set_device(self, name: str) -> None:
        self.chosen.append(name)


def test_a_child_is_pinned_to_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCuda()
    monkeypatch.setattr(torch, "cuda", fake)
    pin(Device("cuda:1", "Small", 8))
    pin(Device("cpu", "CPU", 8))
    assert fake.chosen == ["cuda:1"]


def test_every_child_takes_its_own_device(
    settings_for: Callable[..., Settings], db: Database, registry: Registry
) -> None:
    given = tuple(Device(name, name, 8) for name in ("cuda:0", "cuda:0", "cuda:1"))
    plan = Plan(settings_for(), registry, given, ("interactive",), "w", Lifeline())
    assert [Child(plan, index).place.device.name for index in range(3)] == ["cuda:0", "cuda:0", "cuda:1"]
