"""The pipes between parent and children, with real forks."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from worker.app.forking import ForkGuard
from worker.app.lifeline import Lifeline, Report


def fork(body: Callable[[], int]) -> int:
    """Run ``body`` in a child process; the child's exit code is what it returns."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = body()
        finally:
            os._exit(code)
    return pid


def exit_code(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def waits_for_release(line: Lifeline) -> Callable[[], int]:
    def body() -> int:
        released = threading.Event()
        line.join(released.set)
        return 5 if released.wait(20) else 1

    return body


def test_every_child_sees_the_release() -> None:
    line = Lifeline()
    children = [fork(waits_for_release(line)) for _ in range(2)]
    line.release()
    line.release()
    assert [exit_code(pid) for pid in children] == [5, 5]


def test_a_child_forked_after_the_release_leaves_too() -> None:
    line = Lifeline()
    line.release()
    assert exit_code(fork(waits_for_release(line))) == 5


def test_a_child_sees_that_its_parent_was_killed() -> None:
    told, tell = os.pipe()

    def parent() -> int:
        line = Lifeline()

        def child() -> int:
            body = waits_for_release(line)
            os.write(tell, b"r")
            code = body()
            # The pipe ends a moment before the kernel gives the orphan another parent.
            while not line.orphaned():
                pass
            os.write(tell, bytes([code]))
            return code

        fork(child)
        signal.pause()
        return 0

    pid = fork(parent)
    assert os.read(told, 1) == b"r"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert os.read(told, 1) == bytes([5])


def test_a_child_that_cannot_start_tells_why() -> None:
    line = Lifeline()
    heard: list[Report] = []
    arrived = threading.Event()

    def hear(report: Report) -> None:
        heard.append(report)
        arrived.set()

    line.on_report(hear)
    message = "the engine is cracked: “ü” " + "x" * 5000

    def child() -> int:
        line.report(Report("w/0", message))
        return 0

    assert exit_code(fork(child)) == 0
    assert arrived.wait(20)
    (report,) = heard
    assert report.worker_id == "w/0"
    assert message.startswith(report.failure) and len(report.failure) > 100


def test_a_fork_waits_for_whoever_holds_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: dict[str, Callable[[], object]] = {}
    monkeypatch.setattr(os, "register_at_fork", lambda **given: hooks.update(given))
    guard = ForkGuard()
    guard.arm()
    before = threading.Thread(target=hooks["before"], daemon=True)
    with guard:
        before.start()
        before.join(0.05)
        assert before.is_alive()
    before.join(20)
    assert not before.is_alive()
    hooks["after_in_parent"]()
    with guard:
        pass
