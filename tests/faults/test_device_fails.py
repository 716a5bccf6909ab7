"""Memory runs out, the device breaks, a job stands still: only the guilty job fails, and the next is good."""

import psutil

from shared import jobs
from shared.lifecycle import State
from tests.conftest import both_stores
from tests.faults.conftest import short_lease
from tests.faults.harness import Rig, assert_succeeded_once, ended, until
from tests.support.workers import WorkerProcess
from worker.serving.faults import BROKEN_DEVICE_EXIT_CODE
from worker.serving.holding import HUNG_EXIT_CODE

#: What the child may take beyond what it has, and what one result of the greedy job takes.
ROOM_MB = 700
HOARD_MB = 300


def limit_memory(rig: Rig, worker: WorkerProcess) -> int:
    """Let the child have little more memory than it has (RLIMIT_AS); gives its process id."""
    # A first job brings in what is loaded only once, and every thread that encodes: each takes address space.
    ended(rig, rig.generate(seed=100, count=16))
    (row,) = worker.children(rig.db)
    process = psutil.Process(row.pid)
    hard = process.rlimit(psutil.RLIMIT_AS)[1]
    process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms + (ROOM_MB << 20), hard))
    return int(row.pid)


@both_stores
def test_without_memory_the_batch_is_split_and_only_what_does_not_fit_fails(rig: Rig) -> None:
    worker = rig.worker()
    child = limit_memory(rig, worker)
    busy = rig.generate(hold_ms=1500)
    ended(rig, busy, State.PROCESSING)
    good = [rig.generate(seed=seed, batched=True) for seed in range(3)]
    greedy = rig.generate(seed=9, batched=True, hoard_mb=HOARD_MB, count=4, max_attempts=1)
    good += [rig.generate(seed=seed, batched=True) for seed in range(3, 6)]
    failed = ended(rig, greedy)
    assert (failed.state, failed.error_code) == (State.FAILED, "out_of_memory"), worker.output()
    assert (failed.error_detail or {})["fits"] == {"count": 2}
    for job in good:
        assert_succeeded_once(rig, job)
    assert_succeeded_once(rig, rig.generate(seed=50))
    assert [row.pid for row in worker.children(rig.db)] == [child], "lack of memory is no reason to die"


@both_stores
def test_a_broken_device_costs_its_child_and_only_the_guilty_job_fails(rig: Rig) -> None:
    good = [rig.generate(seed=seed, batched=True, ring=False) for seed in range(2)]
    guilty = rig.generate(seed=9, batched=True, ring=False, trouble="spoil_device", max_attempts=2)
    good += [rig.generate(seed=seed, batched=True, ring=False) for seed in range(2, 4)]
    worker = rig.worker()
    failed = ended(rig, guilty)
    assert (failed.state, failed.error_code, failed.attempt) == (State.FAILED, "worker_lost", 2)
    for job in good:
        assert_succeeded_once(rig, job, attempts=2)
    assert_succeeded_once(rig, rig.generate(seed=50))
    until(lambda: worker.output().count(f"exitcode {BROKEN_DEVICE_EXIT_CODE}") >= 2)


@short_lease
@both_stores
def test_a_job_that_stands_still_is_ended_at_its_limit_and_the_next_is_good(rig: Rig) -> None:
    worker = rig.worker()
    job = rig.generate(hold_ms=60_000, stall_seconds=1.0, max_attempts=2)
    failed = ended(rig, job)
    assert (failed.state, failed.error_code) == (State.FAILED, "worker_lost"), worker.output()
    tries = [(tried.number, tried.outcome, tried.reason) for tried in jobs.list_attempts(rig.db, job.id)]
    assert tries == [(1, "lost", "stalled"), (2, "lost", "worker_lost")]
    assert_succeeded_once(rig, rig.generate(seed=2))
    until(lambda: f"exitcode {HUNG_EXIT_CODE}" in worker.output())
