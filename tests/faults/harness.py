"""A home of its own for each fault test: a private bell, a database, a store, and workers over the toy."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
import torch
from safetensors.torch import load
from sqlalchemy import select, text, union
from torch import Tensor

from shared import files, jobs, workers
from shared.artifacts import Store, open_store
from shared.broker import Bell
from shared.database import Database, now
from shared.jobs import Job
from shared.lifecycle import State
from shared.settings import Settings
from shared.tables import artifacts, attempts, checkpoints, timeline, training_metrics, versions
from shared.tables import jobs as job_rows
from tests.families.toy.trainer import ToyTrainer
from tests.support.bell import BellServer
from tests.support.builders import files_under, queue
from tests.support.web import WebProcess
from tests.support.workers import WorkerProcess, eventually, toy_version, wait_for
from worker.family import Dataset, TrainingJob
from worker.randomness import preserved

#: The tables that tell about jobs, besides that of the jobs.
OF_JOBS = (artifacts, attempts, checkpoints, timeline, training_metrics)
#: A training long enough to be hit in its middle and short enough for a test: about two seconds of steps.
TRAINING = {"steps": 200, "step_ms": 10, "seed": 7, "snapshot_every": 10}


T = TypeVar("T")


@dataclass
class Rig:
    """Everything that a fault is done to; ``close`` kills every worker that was started."""

    settings: Settings
    db: Database
    bell: BellServer
    folder: Path
    _open: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.store: Store = open_store(self.settings.store_url)
        self.ringer = Bell(self.settings)
        self.model, self.version = toy_version(self.db, self.store)

    def worker(
        self,
        name: str = "test",
        *options: str,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> WorkerProcess:
        """Start a worker and wait until its child takes work."""
        log = self.folder / f"{name}.log"
        started = WorkerProcess(
            self.settings, log, *options, name=name, environment=environment, prefix=prefix
        )
        self._open.enter_context(started).wait_ready(self.db)
        return started

    def web(
        self, name: str = "web", *, module: str = "web", environment: Mapping[str, str] | None = None
    ) -> WebProcess:
        """Start a web process and wait until it answers."""
        log = self.folder / f"{name}.log"
        started = WebProcess(self.settings, log, module=module, environment=environment)
        return self._open.enter_context(started)

    def generate(
        self,
        *,
        ring: bool = True,
        batched: bool = False,
        stall_seconds: float = 600.0,
        max_attempts: int = 3,
        **given: Any,
    ) -> Job:
        """Queue a picture, as the web does: commit first, then ring. ``batched``: it may share a pass."""
        job = queue(
            self.db,
            input={"seed": 1} | given,
            version_id=self.version,
            model_id=self.model,
            batch_key=self.version if batched else None,
            max_attempts=max_attempts,
            stall_seconds=stall_seconds,
        )
        if ring:
            self.ringer.ring("interactive")
        return job

    def train(self, **given: Any) -> Job:
        """Queue a training and ring for it."""
        inputs = TRAINING | given
        job = queue(self.db, lane="training", operation="train", model_id=self.model, input=inputs)
        self.ringer.ring("training")
        return job

    def referenced(self) -> set[str]:
        """The hashes of every file that some row refers to."""
        with self.db.read() as connection:
            hashes = [select(column) for column in (artifacts.c.hash, checkpoints.c.hash, versions.c.id)]
            return set(connection.execute(union(*hashes)).scalars())

    def close(self) -> None:
        """Kill what was started."""
        self._open.close()


def until(look: Callable[[], T | None]) -> T:
    """What ``look`` gives once it gives something true."""
    return eventually(look)


def ended(rig: Rig, job: Job, *states: State) -> Job:
    """The job once it is in one of ``states`` (any final one when none is given)."""
    return wait_for(rig.db, job.id, *states)


def rig_of(settings: Settings, db: Database, bell: BellServer, folder: Path) -> Iterator[Rig]:
    """A rig for one test, closed afterwards."""
    rig = Rig(settings, db, bell, folder)
    try:
        yield rig
    finally:
        rig.close()


def holder_pid(db: Database, job_id: str) -> int:
    """The process id of the child that holds the job, from the worker's row."""

    def look() -> int | None:
        job = jobs.get(db, job_id)
        rows = {row.id: row.pid for row in workers.list_workers(db, with_gone=True)}
        return rows.get(job.worker_id or "")

    return until(look)


def database_time(db: Database) -> float:
    """What the clock that counts says."""
    with db.read() as connection:
        return float(connection.execute(select(now())).scalar_one())


def idle_since(db: Database, moment: float) -> bool:
    """Whether some child has said after ``moment`` that it has nothing to do."""
    return any(row.state == "idle" and row.seen_at > moment for row in workers.list_workers(db))


def wait_checkpoint(db: Database, job_id: str) -> int:
    """Wait until the training has a checkpoint and has gone on from there; gives the checkpoint's step."""

    def look() -> int | None:
        checkpoint = jobs.latest_checkpoint(db, job_id)
        steps = [step for step, _ in jobs.read_metrics(db, job_id)]
        return checkpoint.step if checkpoint is not None and steps and steps[-1] > checkpoint.step else None

    return until(look)


def gone(pid: int) -> bool:
    """Whether the process has ended (a zombie that nobody waits for counts as ended)."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def freeze(db: Database, pid: int) -> None:
    """SIGSTOP a child while it is in no transaction: a frozen writer would hold up the whole database."""

    def look() -> bool:
        os.kill(pid, signal.SIGSTOP)
        if not write_locked(db):
            return True
        os.kill(pid, signal.SIGCONT)
        return False

    until(look)


def write_locked(db: Database) -> bool:
    """Whether some process is in the middle of a write."""
    if not db.is_sqlite:
        with db.read() as connection:
            return bool(
                connection.execute(
                    text(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
                    )
                ).scalar_one()
            )
    probe = sqlite3.connect(str(db.url.database), timeout=0.3, isolation_level=None)
    try:
        probe.execute("BEGIN IMMEDIATE")
        probe.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        probe.close()
    return False


def everything(db: Database) -> list[list[dict[str, Any]]]:
    """Every row that tells about jobs."""
    with db.read() as connection:
        tables = [select(job_rows), *(select(table).where(table.c.job_id.is_not(None)) for table in OF_JOBS)]
        return [[dict(row) for row in connection.execute(table).mappings()] for table in tables]


@dataclass(frozen=True)
class Course:
    """What a training without any fault comes to: its network, and the loss after each step."""

    weights: dict[str, Tensor]
    losses: dict[int, float]


def undisturbed(job: Job) -> Course:
    """Run the job's training in this process, in one go."""
    with preserved():
        trainer = ToyTrainer(TrainingJob(job.id, dict(job.input), Dataset("", "", [])))
        losses: dict[int, float] = {}
        while not trainer.done:
            trainer.step()
            losses[trainer.step_count] = float(trainer.progress()["loss"])
        return Course(trainer.finish().weights, losses)


def assert_trained_exactly(rig: Rig, done: Job, log: str, *, every_picture: bool = True) -> None:
    """The training ended as if nothing had happened: same weights, same curve, every picture once.

    Pictures that could not be recorded in a moment without database or disk may be missing.
    """
    assert done.state is State.SUCCEEDED, log
    expected = undisturbed(done)
    assert done.output is not None
    rig.store.verify(done.output["version"])
    weights = load(rig.store.read(done.output["version"]))
    assert weights.keys() == expected.weights.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.weights.items())
    metrics = jobs.read_metrics(rig.db, done.id)
    curve = [(step, value) for step, row in metrics for name, value in row.items() if name in ("loss", "kid")]
    assert curve and all(value == expected.losses[step] for step, value in curve)
    snapshots = range(int(done.input["snapshot_every"]), int(done.input["steps"]) + 1, 10)
    grids = [file.position for file in files.job_artifacts(rig.db, done.id, ("grid",))]
    assert len(set(grids)) == len(grids) and set(grids) <= {0, *snapshots}
    assert not every_picture or grids == [0, *snapshots]


def assert_succeeded_once(rig: Rig, job: Job, *, attempts: int = 1) -> None:
    """The job has one accepted effect: one picture with its latent, both whole, after so many tries."""
    done = ended(rig, job)
    tries = jobs.list_attempts(rig.db, job.id)
    assert (done.state, done.attempt) == (State.SUCCEEDED, attempts), (done.error_code, tries)
    made = files.job_artifacts(rig.db, job.id)
    assert sorted(file.role for file in made) == ["latent", "output"]
    for file in made:
        rig.store.verify(file.hash)
    outcomes = [attempt.outcome for attempt in tries]
    assert outcomes.count("succeeded") == 1 and len(outcomes) == attempts
    kinds = [event.kind for event in jobs.read_timeline(rig.db, job.id)]
    assert kinds.count("succeed") == 1 and kinds[-1] == "succeed"


def assert_heard(rig: Rig, times: int = 3) -> None:
    """The workers hear the bell: each ring is taken from Redis, and answered before the next is taken."""
    client = rig.bell.client()
    for _ in range(times):
        until(lambda: rig.ringer.ring("interactive"))
        until(lambda: client.llen("interactive") == 0)


def orphans(rig: Rig) -> list[str]:
    """The names of stored files that no row refers to, half-written ones among them."""
    root = Path(rig.settings.store_url.removeprefix("file://"))
    names = [path.name for path in files_under(root)]
    known = rig.referenced()
    return [name for name in names if name not in known]


def staged_files(rig: Rig) -> list[Path]:
    """Half-written files in the store."""
    return files_under(Path(rig.settings.store_url.removeprefix("file://")) / "tmp")


def resumed_from(db: Database, job_id: str) -> list[int]:
    """The steps at which later attempts went on, as the timeline tells."""
    notes = [event.data for event in jobs.read_timeline(db, job_id) if event.kind == "note"]
    return [int(data["step"]) for data in notes if str(data["text"]).startswith("resumed from step")]
