"""Several children of one worker: one for each device named, each on its own, also after a death."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.artifacts import Store
from shared.database import Database
from shared.lifecycle import State
from shared.settings import Settings
from shared.workers import Worker
from tests.support.builders import queue
from tests.support.workers import WorkerProcess, eventually, toy_version, wait_for


@pytest.fixture
def two(settings: Settings, db: Database, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker with two children on the processor."""
    with WorkerProcess(settings, tmp_path / "worker.log", "--device", "cpu,cpu") as process:
        eventually(lambda: len(seats(process, db)) == 2)
        yield process


def seats(worker: WorkerProcess, db: Database) -> dict[int, Worker]:
    """The children that take work, by the place in the list of devices that each has."""
    ready = [row for row in worker.children(db) if row.state in ("idle", "busy")]
    return {int(row.id.split("/")[1].split("-")[0]): row for row in ready}


def test_both_work_at_the_same_time(two: WorkerProcess, db: Database, shelf: Store) -> None:
    model, version = toy_version(db, shelf)
    inputs = [{"seed": seed, "hold_ms": 8000} for seed in (1, 2)]
    given = [queue(db, input=each, version_id=version, model_id=model) for each in inputs]
    held = [wait_for(db, job.id, State.PROCESSING) for job in given]
    assert len({job.worker_id for job in held}) == 2
    done = [wait_for(db, job.id) for job in given]
    assert [job.state for job in done] == [State.SUCCEEDED, State.SUCCEEDED]


@pytest.mark.parametrize("killed", [0, 1])
def test_who_takes_the_place_of_a_dead_child_takes_its_device(
    two: WorkerProcess, db: Database, killed: int
) -> None:
    before = seats(two, db)
    os.kill(before[killed].pid, signal.SIGKILL)

    def look() -> dict[int, Worker] | None:
        now = seats(two, db)
        fresh = now.get(killed)
        return now if fresh is not None and fresh.id != before[killed].id else None

    # The dead child's row may still be there beside the new one: the newest of a place counts.
    after = eventually(look)
    assert after.keys() == {0, 1} and after[1 - killed].pid == before[1 - killed].pid
    assert after[killed].pid != before[killed].pid and after[killed].device == "cpu"
