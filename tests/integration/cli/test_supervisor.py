"""The supervisor with real processes: it restarts what dies, and leaves nothing behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.stack.process import Child, Program
from cli.stack.supervisor import Supervisor
from shared.errors import Unavailable

SLEEP = ("sleep", "60")
PR_SET_CHILD_SUBREAPER = 36


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def shell(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


class Running:
    """A supervisor in a thread of its own."""

    def __init__(self, *programs: Program) -> None:
        self.said: list[tuple[str, str]] = []
        self.ready = threading.Event()
        self.failure: Exception | None = None
        self.supervisor = Supervisor(programs, lambda name, text: self.said.append((name, text)))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.supervisor.run(self.ready.set)
        except Unavailable as error:
            self.failure = error

    def child(self, name: str) -> Child:
        return next(w.child for w in self.supervisor._watched if w.program.name == name)

    def pid(self, name: str) -> int:
        pid = self.child(name).pid
        assert pid is not None
        return pid

    def finish(self, seconds: float = 15.0) -> None:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the supervisor did not end"


@pytest.fixture
def supervise() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*programs: Program) -> Running:
        started.append(Running(*programs))
        return started[-1]

    yield start
    for running in started:
        running.supervisor.stop()
        running.finish()


def test_a_killed_process_is_back_within_five_seconds(
    supervise: Callable[..., Running], tmp_path: Path
) -> None:
    running = supervise(Program("worker", SLEEP, tmp_path / "worker.log"))
    assert running.ready.wait(10)
    seen = {running.pid("worker")}
    for _ in range(3):
        os.kill(running.pid("worker"), signal.SIGKILL)
        killed = time.monotonic()
        wait_for(lambda: running.pid("worker") not in seen and alive(running.pid("worker")))
        assert time.monotonic() - killed < 5.0
        seen.add(running.pid("worker"))
    assert any("killed by SIGKILL" in text for _, text in running.said)


def test_what_a_dead_process_left_is_killed(supervise: Callable[..., Running], tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/orphan; wait"
    running = supervise(Program("web", shell(script), tmp_path / "web.log"))
    assert running.ready.wait(10)  # The program may write its file before its starter knows its pid.
    wait_for(lambda: (tmp_path / "orphan").exists() and (tmp_path / "orphan").read_text().strip())
    orphan = int((tmp_path / "orphan").read_text())
    assert alive(orphan)
    os.kill(running.pid("web"), signal.SIGKILL)
    wait_for(lambda: not alive(orphan))


def test_an_orphan_with_time_to_leave_gets_it(supervise: Callable[..., Running], tmp_path: Path) -> None:
    script = f"(sleep 0.6; touch {tmp_path}/note-$$) & touch {tmp_path}/began-$$; wait"
    running = supervise(Program("worker", shell(script), tmp_path / "worker.log", orphan_seconds=30))
    assert running.ready.wait(10)
    first = running.pid("worker")
    wait_for((tmp_path / f"began-{first}").exists)
    os.kill(first, signal.SIGKILL)
    wait_for((tmp_path / f"note-{first}").exists)


def test_the_stop_goes_in_stages(supervise: Callable[..., Running], tmp_path: Path) -> None:
    def leaving(name: str) -> tuple[str, ...]:
        return shell(
            f"trap 'sleep 0.2; echo {name} >> {tmp_path}/order; exit 0' TERM; touch {tmp_path}/{name};"
            "while :; do sleep 0.05; done"
        )

    running = supervise(
        Program("bell", leaving("bell"), tmp_path / "bell.log", stage=2),
        Program("web", leaving("web"), tmp_path / "web.log", stage=1),
        Program("worker", leaving("worker"), tmp_path / "worker.log", stage=0),
    )
    assert running.ready.wait(10)
    wait_for(lambda: all((tmp_path / name).exists() for name in ("bell", "web", "worker")))
    pids = [running.pid(name) for name in ("bell", "web", "worker")]
    running.supervisor.stop()
    running.finish()
    assert (tmp_path / "order").read_text().split() == ["worker", "web", "bell"]
    assert not any(alive(pid) for pid in pids)


def test_what_comes_first_gets_a_head_start(supervise: Callable[..., Running], tmp_path: Path) -> None:
    def first_is_ready() -> bool:
        return (tmp_path / "ready").exists()

    first = Program(
        "bell",
        shell(f"sleep 0.5; touch {tmp_path}/ready; exec sleep 60"),
        tmp_path / "bell.log",
        ready=first_is_ready,
        head_start_seconds=30,
    )
    note = shell(f"ls {tmp_path}/ready > {tmp_path}/seen; exec sleep 60")
    running = supervise(first, Program("web", note, tmp_path / "web.log"))
    assert running.ready.wait(10)
    wait_for(lambda: (tmp_path / "seen").exists() and (tmp_path / "seen").read_text())


def test_a_head_start_ends(supervise: Callable[..., Running], tmp_path: Path) -> None:
    slow = Program("bell", SLEEP, tmp_path / "bell.log", ready=lambda: False, head_start_seconds=0.3)
    running = supervise(slow, Program("web", SLEEP, tmp_path / "web.log"))
    wait_for(lambda: running.child("web").running())
    assert not running.ready.is_set()


def test_a_process_that_will_not_leave_is_killed_in_the_end(
    supervise: Callable[..., Running], tmp_path: Path
) -> None:
    stubborn = shell(f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 0.05; done")
    running = supervise(Program("worker", stubborn, tmp_path / "worker.log", stop_seconds=0.5))
    assert running.ready.wait(10)
    wait_for((tmp_path / "deaf").exists)
    pid = running.pid("worker")
    running.supervisor.stop()
    running.finish()
    assert not alive(pid)


def test_a_second_stop_does_not_wait(supervise: Callable[..., Running], tmp_path: Path) -> None:
    stubborn = shell(f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 0.05; done")
    running = supervise(Program("worker", stubborn, tmp_path / "worker.log", stop_seconds=60))
    assert running.ready.wait(10)
    wait_for((tmp_path / "deaf").exists)
    running.supervisor.stop()
    running.supervisor.stop()
    time.sleep(1.2)
    assert running.child("worker").running(), "one Ctrl-C that came twice was taken for two"
    running.supervisor.stop()
    running.finish(5)


@pytest.fixture
def reaper() -> Iterator[None]:
    """Orphans become this process's children, which waits for none of them: a container without an init."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.usefixtures("reaper")
def test_a_second_stop_does_not_wait_for_zombies_that_nobody_buries(
    supervise: Callable[..., Running], tmp_path: Path
) -> None:
    script = shell(f"sleep 0.3 & echo $! > {tmp_path}/zombie; exec sleep 60")
    running = supervise(
        Program("web", SLEEP, tmp_path / "web.log", stage=1),
        Program("worker", script, tmp_path / "worker.log", stop_seconds=60),
    )
    assert running.ready.wait(10)
    web = running.pid("web")
    wait_for(lambda: (tmp_path / "zombie").exists() and (tmp_path / "zombie").read_text().strip())
    zombie = int((tmp_path / "zombie").read_text())
    wait_for(lambda: not alive(zombie))
    running.supervisor.stop()
    time.sleep(1.2)
    assert running.child("worker").groups(), "the zombie is of its group"
    running.supervisor.stop()
    running.finish(10)
    assert not alive(web)
    os.waitpid(zombie, 0)


def test_what_everything_needs_ends_the_stack_with_its_last_words(
    supervise: Callable[..., Running], tmp_path: Path
) -> None:
    broken = Program(
        "web", shell("echo the database is on fire; exit 3"), tmp_path / "web.log", needed=True, ready=bool
    )
    running = supervise(Program("bell", SLEEP, tmp_path / "bell.log", stage=2), broken)
    running.finish()
    assert running.failure is not None
    assert "the database is on fire" in str(running.failure)
    assert not running.child("bell").running()


def test_a_program_that_is_not_there_is_said(supervise: Callable[..., Running], tmp_path: Path) -> None:
    running = supervise(Program("bell", ("/no/such/server",), tmp_path / "bell.log"))
    running.finish()
    assert "/no/such/server" in str(running.failure)


def test_the_same_death_is_told_once(supervise: Callable[..., Running], tmp_path: Path) -> None:
    running = supervise(Program("worker", shell("echo no such family; exit 1"), tmp_path / "worker.log"))
    wait_for(lambda: running.supervisor._watched[0].backoff.failures >= 3)
    told = [text for name, text in running.said if name == "worker"]
    assert len(told) == 1
    assert "no such family" in told[0]


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from cli.stack.process import Program; from cli.stack.supervisor import Supervisor\n"
        "folder = Path(sys.argv[1])\n"
        "note = lambda: (folder / 'pid').write_text(str(made._watched[0].child.pid))\n"
        "made = Supervisor([Program('bell', ('sleep', '60'), folder / 'log')], print)\n"
        "made.run(note)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) as supervisor:
        wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        pid = int((tmp_path / "pid").read_text())
        assert alive(pid)
        supervisor.kill()
    wait_for(lambda: not alive(pid))


def test_a_long_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.stack.process.LARGEST_LOG", 100)
    log = tmp_path / "web.log"
    log.write_text("old " * 100)
    child = Child(Program("web", shell("echo new"), log))
    child.start()
    wait_for(lambda: not child.running())
    assert log.read_text() == "new\n"
    assert (tmp_path / "web.log.1").read_text().startswith("old ")


def test_last_words_are_of_this_life(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("an error from yesterday\n")
    child = Child(Program("web", shell("true"), log))
    child.start()
    wait_for(lambda: not child.running())
    assert child.last_words() == ""
    silent = Child(Program("web", shell("printf 'one\\n\\ntwo\\nthree\\n'"), log))
    silent.start()
    wait_for(lambda: not silent.running())
    assert silent.last_words(2) == "two\nthree"
