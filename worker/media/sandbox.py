"""Runs what reads uploads in a limited child process, and turns however it ends into a report or an error.

A plain subprocess: a worker's prefork child is a daemon of its pool and may not use multiprocessing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shared.errors import BadFile, StorageFull
from worker.media.limits import Limits
from worker.media.report import Report

OUT_OF_MEMORY, DISK_FULL = 41, 42
POLL_SECONDS = 0.05

Watch = Callable[[float, str, int], None]


def take_in(sources: Sequence[tuple[Path, str]], workspace: Path, limits: Limits, watch: Watch) -> Report:
    """Clean the works of `sources` (path, sender's name) into `workspace`; as `run_limited`, which see.

    Raises:
        BadFile, StorageFull: as `run_limited`.
    """
    outcome = run_limited("worker.media.child", sources, workspace, limits, watch)
    return Report.from_json(outcome["report"])


def run_limited(
    module: str, sources: Sequence[tuple[Path, str]], workspace: Path, limits: Limits, watch: Watch
) -> dict[str, Any]:
    """The outcome of `module`, run as a limited process over `sources` (path, sender's name).

    `watch(fraction, file name, count kept)` is called about twenty times a second; what it raises ends the
    child and goes on to the caller. No child is alive when this returns or raises; the workspace is the
    caller's to remove.

    Raises:
        BadFile: with the code that the child found, or too_much_memory, too_slow, damaged_file when it
            found its limits instead.
        StorageFull: the disk of the workspace is full.
    """
    rows = [{"path": str(path.resolve()), "name": name} for path, name in sources]
    (workspace / "request.json").write_text(json.dumps({"limits": limits.to_json(), "sources": rows}))
    with (workspace / "child.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", module, str(workspace)],
            cwd=workspace,
            env=_environment(workspace),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            status = _wait(child, workspace, limits, watch)
        finally:
            _end(child)
    return _outcome(status, workspace)


def _environment(workspace: Path) -> dict[str, str]:
    """No secret, no proxy, no home: what Python and numpy need, and nothing else."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TMPDIR": str(workspace),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _wait(child: subprocess.Popen[bytes], workspace: Path, limits: Limits, watch: Watch) -> int:
    """The child's exit status; minus SIGXCPU when it overran the wall clock."""
    deadline = time.monotonic() + limits.wall_seconds
    fraction, name, count = 0.0, "", 0
    while True:
        try:
            return child.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        if time.monotonic() > deadline:
            return -signal.SIGXCPU
        fraction, name, count = _progress(workspace) or (fraction, name, count)
        watch(fraction, name, count)


def _progress(workspace: Path) -> tuple[float, str, int] | None:
    try:
        told = json.loads((workspace / "progress.json").read_text())
        return min(1.0, max(0.0, float(told["fraction"]))), str(told["name"]), int(told["count"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _outcome(status: int, workspace: Path) -> dict[str, Any]:
    if status == 0:
        outcome = _read_report(workspace)
        if "error" not in outcome:
            return outcome
        error = outcome["error"]
        raise BadFile(error["message"], code=error["code"], detail=error["detail"])
    if status == DISK_FULL:
        raise StorageFull("The disk is full; free some space and try again.")
    told = _progress(workspace)
    where = f" It stopped at “{told[1]}”." if told else ""
    if status == OUT_OF_MEMORY:
        raise BadFile("The upload needs more memory than it may take." + where, code="too_much_memory")
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise BadFile("Reading the upload took too long." + where, code="too_slow")
    log = (workspace / "child.log").read_bytes()[-2000:].decode("utf-8", "replace")
    raise BadFile(
        "The upload cannot be read." + where, code="damaged_file", detail={"log": log, "status": status}
    )


def _read_report(workspace: Path) -> dict[str, Any]:
    outcome = json.loads((workspace / "report.json").read_text())
    if not isinstance(outcome, dict):
        raise BadFile("The upload cannot be read.", code="damaged_file")
    return outcome
