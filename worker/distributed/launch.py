"""The ranks of one training as the child that leads them sees them: started, asked, and ended for certain."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

import psutil

from shared.errors import AtelierError
from worker.distributed import letters
from worker.distributed.letters import LINE, Assignment, Status

log = logging.getLogger(__name__)

#: The name of a launch's folder begins so.
PREFIX = "atelier-ranks-"
#: How long ranks may take to import torch and build their networks.
START_SECONDS = 600.0
LOOK_SECONDS = 0.2
#: How long ranks may take to leave by themselves.
LEAVE_SECONDS = 10.0


class RankLost(AtelierError):
    """A rank died. As when a worker dies, the training goes on from its checkpoint, for one attempt."""

    code = "worker_lost"
    status = 500
    retryable = True


class Launch:
    """Running ranks; ``close`` ends them and removes their folder."""

    def __init__(self, assignment: Assignment, threads: int, start_seconds: float = START_SECONDS) -> None:
        """Start the ranks and wait until their trainers are made.

        ``threads`` is how many threads each rank computes with.

        Raises:
            RankLost: a rank died, or they did not start in time.
            AtelierError: what a family's trainer raised when it was made.
        """
        remove_left_behind()
        self.folder, self._lock = _own_folder()
        self._stream: TextIO | None = None
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ranks: list[psutil.Process] = []
        letters.write_assignment(self.folder, assignment)
        listening = socket.socket(socket.AF_UNIX)
        try:
            with listening:
                listening.bind(str(self.folder / LINE))
                listening.listen(1)
                self._process = self._start(len(assignment.devices), threads)
                self._line = self._meet(listening, start_seconds)
            self._stream = self._line.makefile("rw", encoding="utf-8")
            self.status, _ = self._hear()
            self._ranks = self._living()
        except BaseException:
            self.close()
            raise

    def ask(self, command: str) -> Any:
        """Let the ranks do ``command`` and give the answer; ``status`` is up to date then.

        Raises:
            RankLost: a rank died.
            AtelierError: what the trainer raised.
        """
        assert self._stream is not None
        try:
            self._stream.write(json.dumps(command) + "\n")
            self._stream.flush()
        except OSError:
            raise self._why() from None
        self.status, value = self._hear()
        return value

    def close(self) -> None:
        """End every rank; safe to call twice. None is left when this returns."""
        if self._stream is not None:
            try:
                self._stream.write('"end"\n')
                self._stream.close()
            except OSError:
                log.debug("the ranks are gone already")
            self._stream = None
        if self._line is not None:
            self._line.close()
            self._line = None
            self._wait(LEAVE_SECONDS)
        if self._process is not None:
            for each in [*self._ranks, *self._living()]:
                _kill(each)
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _start(self, ranks: int, threads: int) -> subprocess.Popen[bytes]:
        # In a session of its own: Ctrl-C is for the worker, which then ends the ranks in order.
        safe = ["-P"] if sys.flags.safe_path else []
        told = [str(self.folder), str(ranks), str(threads), str(os.getpid())]
        return subprocess.Popen(
            [sys.executable, *safe, "-m", "worker.distributed.launcher", *told],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _meet(self, listening: socket.socket, seconds: float) -> socket.socket:
        deadline = time.monotonic() + seconds
        listening.settimeout(LOOK_SECONDS)
        while True:
            try:
                line, _ = listening.accept()
            except TimeoutError:
                if self._process is None or self._process.poll() is not None:
                    raise self._why() from None
                if time.monotonic() > deadline:
                    raise RankLost(f"the ranks did not start within {seconds:.0f} seconds") from None
            else:
                line.settimeout(None)
                return line

    def _hear(self) -> tuple[Status, Any]:
        assert self._stream is not None
        try:
            text = self._stream.readline()
        except OSError:
            text = ""
        if not text:
            raise self._why()
        told = json.loads(text)
        return Status(**told["status"]), told["value"]

    def _why(self) -> AtelierError:
        """Why the ranks are gone: an error one of them left, else that one died."""
        self._wait(LEAVE_SECONDS)
        return letters.find_error(self.folder) or RankLost(
            "a process of this training's ranks died; it goes on from its last checkpoint"
        )

    def _wait(self, seconds: float) -> None:
        try:
            if self._process is not None:
                self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            log.warning("the ranks do not leave; they are killed")

    def _living(self) -> list[psutil.Process]:
        """The launcher's children. They lead sessions of their own, so no group holds them together."""
        if self._process is None:
            return []
        try:
            return list(psutil.Process(self._process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []


def remove_left_behind() -> None:
    """Remove the folders of launches whose child was killed: nobody holds their locks."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _own_folder() -> tuple[Path, int | None]:
    """A new private folder and its lock. Another process that cleans up may be quicker: then once more."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        if (lock := _locked(folder)) is not None:
            return folder, lock


def _locked(folder: Path) -> int | None:
    """The folder's lock, held until it is closed or this process dies; None when another holds it."""
    try:
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _kill(process: psutil.Process) -> None:
    """Kill a rank that may be gone; psutil never hits another process that took over its number."""
    try:
        process.kill()
        process.wait(LEAVE_SECONDS)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        log.error("the rank %d does not die", process.pid)
