"""A real worker: Celery, its child, the bell and SQL together."""

import time
from pathlib import Path

from shared import files, jobs, workers
from shared.artifacts import Store
from shared.broker import Bell
from shared.database import Database
from shared.lifecycle import State
from shared.settings import Settings
from tests.support.builders import queue
from tests.support.workers import WorkerProcess, eventually, toy_version, wait_for

SOON = 0.5


def test_a_job_is_served_soon_after_the_bell(
    worker: WorkerProcess, db: Database, shelf: Store, settings: Settings
) -> None:
    model, version = toy_version(db, shelf)
    bell = Bell(settings)
    took = []
    free = 0.0
    # The worker has just looked by itself and looks again in a second: who comes sooner comes for the bell.
    for seed in range(20):
        job = queue(db, input={"seed": seed, "count": 2}, version_id=version, model_id=model)
        began = time.monotonic()
        eventually(lambda: bell.ring("interactive"))
        done = wait_for(db, job.id)
        if job.created_at - free < SOON / 2:
            took.append(time.monotonic() - began)
        free = done.finished_at or 0.0
        assert done.state is State.SUCCEEDED, worker.output()
        assert [file.role for file in files.job_artifacts(db, job.id, ("output",))] == ["output"] * 2
        if took and took[-1] < SOON:
            break
    assert min(took) < SOON


def test_a_job_is_served_without_any_bell(worker: WorkerProcess, db: Database, shelf: Store) -> None:
    model, version = toy_version(db, shelf)
    job = queue(db, version_id=version, model_id=model)
    assert wait_for(db, job.id).state is State.SUCCEEDED


def test_sigterm_drains_and_the_next_worker_goes_on(
    worker: WorkerProcess, db: Database, shelf: Store, settings: Settings, tmp_path: Path
) -> None:
    model, _ = toy_version(db, shelf)
    given = {"steps": 400, "step_ms": 10, "seed": 1, "snapshot_every": 100}
    job = queue(db, lane="training", operation="train", model_id=model, input=given)
    eventually(lambda: jobs.get(db, job.id).progress > 0)
    began = time.monotonic()
    assert worker.terminate() == 0, worker.output()
    assert time.monotonic() - began < 20
    held = jobs.get(db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0), worker.output()
    assert worker.children(db) == []
    checkpoint = jobs.latest_checkpoint(db, job.id)
    assert checkpoint is not None and checkpoint.step > 0
    with WorkerProcess(settings, tmp_path / "second.log", name="second") as second:
        done = wait_for(db, job.id, State.SUCCEEDED, State.FAILED)
        assert done.state is State.SUCCEEDED, second.output()
    texts = [event.data.get("text") for event in jobs.read_timeline(db, job.id) if event.kind == "note"]
    assert f"resumed from step {checkpoint.step}" in texts


def test_a_worker_that_is_asked_to_drain_leaves(worker: WorkerProcess, db: Database, shelf: Store) -> None:
    model, _ = toy_version(db, shelf)
    given = {"steps": 100_000, "step_ms": 10, "seed": 1, "snapshot_every": 1000}
    job = queue(db, lane="training", operation="train", model_id=model, input=given)
    eventually(lambda: jobs.get(db, job.id).progress > 0)
    (child,) = worker.children(db)
    workers.request_drain(db, child.id)
    assert worker.process.wait(90) == 0, worker.output()
    held = jobs.get(db, job.id)
    assert (held.state, held.reason, held.attempt) == (State.QUEUED, "drained", 0)
    assert worker.children(db) == []
