"""One supervised process: started in a group of its own, logged to a file, never left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

LARGEST_LOG = 8 << 20
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Program:
    """What to run and how to let it go.

    ``stage`` orders the stop: stage 0 leaves first. What a dead process leaves of its group is killed after
    ``orphan_seconds``: a worker's children may still hand their job back, a web server's only block its port.
    ``ready`` says whether the process serves; the programs behind this one wait for that, at most
    ``head_start_seconds``. ``needed``: nothing works without it, so the stack gives up when it cannot start.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stage: int = 0
    stop_seconds: float = 10.0
    orphan_seconds: float = 0.0
    ready: Callable[[], bool] = lambda: True
    head_start_seconds: float = 0.0
    needed: bool = False


class Child:
    """A running ``Program`` and what is left of its earlier lives."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._died_at: dict[int, float | None] = {}
        self._log_start = 0
        self.started_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it is started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the program; its output is appended to its log.

        Raises:
            OSError: if it cannot be run at all.
        """
        log = self.program.log
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(log.suffix + ".1"))
        with log.open("ab") as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                self.program.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.program.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self._died_at[self._process.pid] = None
        self.started_at = time.monotonic()

    def exit_code(self) -> int | None:
        """None while it runs; a negative number is the signal that killed it."""
        return self._process.poll() if self._process else None

    def running(self) -> bool:
        """Whether the process is started and alive."""
        return self._process is not None and self._process.poll() is None

    def lived_seconds(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self.started_at

    def terminate(self) -> None:
        """Ask the process to stop (it tells its own children)."""
        if self.running() and self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process and everything it started."""
        for group in self.groups():
            _signal_group(group, signal.SIGKILL)

    def kill_orphans(self) -> None:
        """Kill what earlier lives left behind, once their time to leave is over."""
        now = time.monotonic()
        for group in self.groups():
            died_at = self._died_at[group]
            if group == self.pid and self.running():
                continue
            if died_at is None:
                self._died_at[group] = died_at = now
            if now - died_at >= self.program.orphan_seconds:
                _signal_group(group, signal.SIGKILL)

    def groups(self) -> list[int]:
        """The process groups of this program that still have a member."""
        self.exit_code()  # A zombie counts as a member until it is waited for.
        for group in list(self._died_at):
            if not _signal_group(group, None):
                del self._died_at[group]
        return sorted(self._died_at)

    def last_words(self, lines: int = 1) -> str:
        """The last lines that the present or latest life wrote."""
        try:
            with self.program.log.open("rb") as log:
                log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - 4096))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])


def become(argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Turn this process into another: signals and exit codes stay simple for whoever supervises it."""
    os.execve(argv[0], list(argv), {**os.environ, **environment})


def _signal_group(group: int, number: signal.Signals | None) -> bool:
    try:
        os.killpg(group, number or 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _die_with_parent() -> None:
    # Even `kill -9` of the supervisor lets no process outlive it: the kernel sends SIGTERM.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
