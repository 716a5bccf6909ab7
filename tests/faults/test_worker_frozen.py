"""A zombie: a worker that slept past its lease and wakes up when its job is somebody else's."""

import os
import signal

from shared import jobs
from shared.lifecycle import Reason, State
from tests.conftest import both_stores
from tests.faults.conftest import short_lease
from tests.faults.harness import (
    Rig,
    assert_trained_exactly,
    database_time,
    ended,
    everything,
    freeze,
    holder_pid,
    idle_since,
    until,
    wait_checkpoint,
)
from tests.support.builders import take


@short_lease
@both_stores
def test_what_a_zombie_writes_changes_nothing(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.train(steps=400)
    wait_checkpoint(rig.db, job.id)
    child = holder_pid(rig.db, job.id)
    freeze(rig.db, child)
    assert ended(rig, job, State.QUEUED).reason == "lease_expired"
    (taken,) = take(rig.db, worker="other/0", lease=600)
    assert taken.id == job.id and taken.attempt == 2
    before = everything(rig.db)
    woken = database_time(rig.db)
    os.kill(child, signal.SIGCONT)
    # It has noticed once it says that it has nothing to do, or has ended itself for a fresh child.
    until(lambda: idle_since(rig.db, woken))
    assert everything(rig.db) == before, worker.output()
    jobs.requeue(rig.db, taken.lease, Reason.DRAINED)
    assert_trained_exactly(rig, ended(rig, job), worker.output())
