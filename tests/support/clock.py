"""Processes whose wall clock is off: a small library, made with this machine's compiler, is preloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("off_clock.c")


class NoCompiler(RuntimeError):
    """The message says what is missing."""


class OffClock:
    """Builds the library in ``folder``.

    Raises:
        NoCompiler: this machine has none.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise NoCompiler("a clock that is off needs a C compiler (Debian: gcc and libc6-dev)")
        self._library = folder / "off_clock.so"
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)

    def environment(self, seconds: int) -> dict[str, str]:
        """What a process must be started with so that its clock is ``seconds`` ahead."""
        return {"LD_PRELOAD": str(self._library), "TEST_CLOCK_OFFSET": str(seconds)}

    def told(self, seconds: int, code: str) -> list[float]:
        """The numbers that a Python program prints whose clock is that far ahead."""
        environment = os.environ | self.environment(seconds)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return [float(word) for word in done.stdout.split()]
