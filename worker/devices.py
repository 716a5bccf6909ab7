"""Which devices this machine has, found without importing torch into the calling process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from shared.errors import ConfigurationError

PROBE = (
    "import json, torch; print(json.dumps([[p.name, p.total_memory] for p in "
    "(torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count()))]))"
)
PROBE_SECONDS = 120
#: What a container may use of the processor: "quota period" in microseconds, or "max period".
CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
#: As wide as the column that holds it.
LONGEST_TYPE = 64


@dataclass(frozen=True)
class Device:
    """A place to compute: ``name`` as torch knows it (cpu, cuda:0), a title for people, memory in bytes.

    ``peers`` are the names of all devices of its worker, its own first: what one training may spread over.
    """

    name: str
    title: str
    memory: int
    peers: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``cpu`` or ``cuda``: what speeds are learned for."""
        return self.name.partition(":")[0]

    @property
    def type(self) -> str:
        """``cpu``, or the GPU's title: results are repeatable among devices of one type."""
        return "cpu" if self.kind == "cpu" else self.title[:LONGEST_TYPE]


def find(choice: str) -> list[Device]:
    """The devices that ``choice`` names, one for each child: ``auto``, or a list of cpu, cuda and cuda:N.

    A device that is named twice gets two children; ``cuda`` stands for every GPU.

    Raises:
        ConfigurationError: if it names a device that is not there.
    """
    wanted = [part.strip() for part in choice.split(",")]
    if wanted == ["auto"]:
        return _acquainted(cuda() or [cpu()])
    known = [] if all(part == "cpu" for part in wanted) else cuda()
    chosen: list[Device] = []
    for part in wanted:
        found = [device for device in (cpu(), *known) if part in (device.kind, device.name)]
        if not found:
            there = ", ".join(["cpu", *(device.name for device in known)])
            raise ConfigurationError(
                f"there is no device {part!r} here; there is: {there}", field="ATELIER_DEVICE"
            )
        chosen += found
    return _acquainted(chosen)


def _acquainted(devices: Sequence[Device]) -> list[Device]:
    """Each with its peers."""
    names = list(dict.fromkeys(device.name for device in devices))
    return [
        replace(device, peers=(device.name, *(name for name in names if name != device.name)))
        for device in devices
    ]


def cpu() -> Device:
    """This machine's processor and main memory."""
    return Device("cpu", f"CPU, {psutil.cpu_count() or 1} cores", psutil.virtual_memory().total, ("cpu",))


def usable_cores() -> int:
    """The cores that this process may use: by its affinity, and by the limit of its container; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CPU_LIMIT.read_text(encoding="ascii").split()
        cores = cores if quota == "max" else min(cores, int(quota) // int(period))
    except (OSError, ValueError):
        pass
    return max(1, cores)


def default_threads(device: Device, devices: Sequence[Device], cores: int) -> int:
    """Threads for torch in the child of ``device`` when nobody said how many.

    The children on a CPU share its cores, less one for the web, the bell and the threads that keep leases: a
    thread of torch that has to wait for a core holds up all others of its step. A child on a GPU computes
    little on the CPU.
    """
    if device.kind != "cpu":
        return max(1, cores // len(devices))
    sharing = sum(other.kind == "cpu" for other in devices)
    return max(1, (cores - 1) // sharing)


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
