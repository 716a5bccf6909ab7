"""A real worker process over the toy family, for tests of what happens when parts die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import psutil

from shared import jobs, library, workers
from shared.artifacts import Store
from shared.database import Database
from shared.jobs import Job, NewVersion
from shared.library import insert_version
from shared.lifecycle import State
from shared.migrate import OWNER
from shared.settings import Settings
from shared.workers import Worker

ROOT = Path(__file__).parents[2]
#: How long a test waits for anything: a busy machine is slow, and a wait ends as soon as it can.
PATIENCE = 300.0
T = TypeVar("T")


def eventually(look: Callable[[], T | None], seconds: float = PATIENCE, pause: float = 0.05) -> T:
    """What ``look`` gives once it gives something true; fails when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen within {seconds} s")
        time.sleep(pause)
    return found


class WorkerProcess:
    """``python -m worker`` in a process group of its own; its log is kept in a file.

    ``environment`` comes last and wins; ``prefix`` is a command that the worker is started through.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        *options: str,
        name: str = "test",
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self.log = log
        self.name = name
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "worker", "--name", name, "--no-starter", *options],
            cwd=ROOT,
            env=environment_of(settings) | dict(environment or {}),
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The parent's process id."""
        return self.process.pid

    def children(self, db: Database) -> list[Worker]:
        """The rows of this worker's living children."""
        return [row for row in workers.list_workers(db) if row.id.startswith(f"{self.name}/")]

    def wait_ready(self, db: Database, seconds: float = PATIENCE) -> Worker:
        """Wait until a child takes work, and give its row."""

        def look() -> Worker | None:
            if self.process.poll() is not None:
                raise AssertionError(f"the worker ended:\n{self.output()}")
            ready = [row for row in self.children(db) if row.state in ("idle", "busy")]
            return ready[0] if ready else None

        return eventually(look, seconds)

    def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM, and the exit code after the drain."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def output(self) -> str:
        """The log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """Kill whatever is left of the process group."""
        kill_group(self.process)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of a process of Atelier that is to have these settings, on the processor."""
    return os.environ | {
        "ATELIER_HOME": str(settings.home),
        "ATELIER_DATABASE_URL": settings.database_url,
        "ATELIER_REDIS_URL": settings.redis_url,
        "ATELIER_STORE_URL": settings.store_url,
        "ATELIER_FAMILIES": settings.families,
        "ATELIER_LANES": settings.lanes,
        "ATELIER_DEVICE": "cpu",
        "ATELIER_THREADS": "1",
        "ATELIER_LEASE_SECONDS": str(settings.lease_seconds),
        "ATELIER_SWEEP_SECONDS": str(settings.sweep_seconds),
        "ATELIER_CHECKPOINT_SECONDS": str(settings.checkpoint_seconds),
        "ATELIER_BATCH_LIMIT": str(settings.batch_limit),
    }


def kill_group(leader: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a group, and what is left of it."""
    # Popen signals only one that was not waited for: its number may be another's by then.
    leader.kill()
    for process in _group(leader.pid):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    leader.wait(10)


def _group(leader: int) -> list[int]:
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == leader:
                members.append(process.pid)
        except ProcessLookupError:
            continue
    return members


def toy_version(db: Database, store: Store, seed: int = 0) -> tuple[str, str]:
    """A version of the toy that can generate: (model id, version id)."""
    from tests.families.toy.engine import weights_file

    model = library.ensure_model(db, owner_id=OWNER, name="toy", family="toy")
    blob = store.put(weights_file(seed))
    with db.begin() as connection:
        version = insert_version(
            connection, NewVersion(blob, "toy", "1", {"latent": 4}, {}), model_id=model.id, job_id=None
        )
    return model.id, version


def wait_for(db: Database, job_id: str, *states: State, seconds: float = PATIENCE) -> Job:
    """The job once it is in one of ``states`` (any final one when none is given)."""
    wanted = states or (State.SUCCEEDED, State.FAILED, State.CANCELED)

    def look() -> Job | None:
        job = jobs.get(db, job_id)
        return job if job.state in wanted else None

    return eventually(look, seconds)
