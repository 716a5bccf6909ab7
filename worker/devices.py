"""Which devices this machine has, found without importing torch into the calling process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

import psutil

from shared.errors import ConfigurationError

PROBE = (
    "import json, torch; print(json.dumps([[p.name, p.total_memory] for p in "
    "(torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count()))]))"
)
PROBE_SECONDS = 120


@dataclass(frozen=True)
class Device:
    """A place to compute: ``name`` as torch knows it (cpu, cuda:0), a title for people, memory in bytes."""

    name: str
    title: str
    memory: int

    @property
    def kind(self) -> str:
        """``cpu`` or ``cuda``: results are repeatable among devices of one kind."""
        return self.name.partition(":")[0]


def find(choice: str) -> list[Device]:
    """The devices that ``choice`` (auto, cpu, cuda or cuda:N) names; one child runs on each.

    Raises:
        ConfigurationError: if it names a device that is not there.
    """
    if choice == "cpu":
        return [cpu()]
    known = cuda()
    if choice == "auto":
        return known or [cpu()]
    chosen = [device for device in known if choice in ("cuda", device.name)]
    if not chosen:
        there = ", ".join(["cpu", *(device.name for device in known)])
        raise ConfigurationError(
            f"there is no device {choice!r} here; there is: {there}", field="ATELIER_DEVICE"
        )
    return chosen


def cpu() -> Device:
    """This machine's processor and main memory."""
    return Device("cpu", f"CPU, {psutil.cpu_count() or 1} cores", psutil.virtual_memory().total)


def cuda() -> list[Device]:
    """The CUDA devices torch can use, asked of a short-lived process: the parent stays free of torch."""
    if shutil.which("nvidia-smi") is None:
        return []
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
    )
    if probe.returncode != 0:
        return []
    return [Device(f"cuda:{i}", title, memory) for i, (title, memory) in enumerate(json.loads(probe.stdout))]
