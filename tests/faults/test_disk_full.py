"""No room on the disk of the works: `storage_full`, nothing half made, and good again once there is room.

Either the store lies on a tmpfs of four megabytes, which is filled up, or the kernel lets no file of the
child grow large (RLIMIT_FSIZE), which also covers its other folders.
"""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared import files, jobs
from shared.jobs import Job, NewArtifact
from shared.lifecycle import State
from shared.migrate import OWNER
from tests.conftest import both_stores
from tests.faults.harness import (
    Rig,
    assert_succeeded_once,
    assert_trained_exactly,
    ended,
    staged_files,
    until,
)
from tests.support.builders import queue
from tests.support.disk import SmallDisk, mounted
from tests.support.workers import WorkerProcess

#: SQLite's own files stay below this in so short a test.
ROOM = 6 << 20
LARGE = b"toy" + bytes(8 << 20)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of its own for the store; it must stand before the rig."""
    folder = tmp_path / "home" / "store"
    folder.mkdir(parents=True)
    with mounted(4, folder) as small:
        yield small


def limit(rig: Rig, worker: WorkerProcess, room: int) -> None:
    """Let no file of the child grow past ``room`` bytes (-1: no limit)."""
    (row,) = worker.children(rig.db)
    process = psutil.Process(row.pid)
    process.rlimit(psutil.RLIMIT_FSIZE, (room, process.rlimit(psutil.RLIMIT_FSIZE)[1]))


def gather(rig: Rig, data: bytes, max_attempts: int = 3) -> Job:
    """Queue an ingest of one uploaded file."""
    blob = rig.store.put(data)
    new = NewArtifact("upload", "large.toy", "application/octet-stream", blob)
    upload = files.record_uploads(rig.db, [new], OWNER)[0]
    given = {"name": "toys", "files": [upload.id], "hold_ms": 0}
    return queue(rig.db, lane="ingest", operation="gather", input=given, max_attempts=max_attempts)


@both_stores
def test_an_upload_without_room_fails_as_storage_full_and_leaves_nothing(rig: Rig) -> None:
    worker = rig.worker()
    limit(rig, worker, ROOM)
    failed = ended(rig, gather(rig, LARGE, max_attempts=1))
    assert (failed.state, failed.error_code) == (State.FAILED, "storage_full"), worker.output()
    assert staged_files(rig) == []
    assert files.job_artifacts(rig.db, failed.id) == []
    assert_succeeded_once(rig, rig.generate(seed=3))
    assert ended(rig, gather(rig, b"toy small")).state is State.SUCCEEDED


def test_it_is_tried_again_and_succeeds_once_there_is_room(rig: Rig) -> None:
    worker = rig.worker()
    limit(rig, worker, ROOM)
    job = gather(rig, LARGE)
    until(lambda: jobs.get(rig.db, job.id).reason == "retry")
    limit(rig, worker, psutil.RLIM_INFINITY)
    done = ended(rig, job)
    assert done.state is State.SUCCEEDED and done.attempt > 1, worker.output()
    assert staged_files(rig) == []


@both_stores
def test_a_picture_without_room_fails_as_storage_full_and_leaves_nothing(disk: SmallDisk, rig: Rig) -> None:
    worker = rig.worker()
    disk.fill()
    failed = ended(rig, rig.generate(max_attempts=1))
    assert (failed.state, failed.error_code) == (State.FAILED, "storage_full"), worker.output()
    assert staged_files(rig) == []
    assert files.job_artifacts(rig.db, failed.id) == []
    disk.free()
    assert_succeeded_once(rig, rig.generate(seed=2))


@both_stores
def test_a_training_goes_on_without_room_for_checkpoints_and_previews(disk: SmallDisk, rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=400)
    until(lambda: jobs.latest_checkpoint(rig.db, job.id))
    disk.fill()
    until(lambda: any("no checkpoint" in str(e.data.get("text")) for e in jobs.read_timeline(rig.db, job.id)))
    disk.free()
    done = ended(rig, job)
    assert_trained_exactly(rig, done, worker.output(), every_picture=False)
    assert done.attempt == 1
    assert staged_files(rig) == []
