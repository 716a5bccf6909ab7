"""A job that kills whoever takes it ends by itself, and the worker serves the next."""

from shared import jobs
from shared.lifecycle import State
from tests.conftest import both_stores
from tests.faults.harness import Rig, assert_succeeded_once, ended


def test_a_job_that_kills_its_worker_fails_after_its_attempts(rig: Rig) -> None:
    worker = rig.worker()
    poison = rig.generate(trouble="exit", max_attempts=2)
    failed = ended(rig, poison)
    assert (failed.state, failed.error_code, failed.attempt) == (State.FAILED, "worker_lost", 2)
    assert "2 attempts" in (failed.error_message or "")
    tries = [(attempt.number, attempt.outcome) for attempt in jobs.list_attempts(rig.db, poison.id)]
    assert tries == [(1, "lost"), (2, "lost")]
    assert_succeeded_once(rig, rig.generate(seed=2))
    assert worker.process.poll() is None, worker.output()


@both_stores
def test_a_job_that_kills_its_worker_takes_none_of_its_batch_along(rig: Rig) -> None:
    good = [rig.generate(seed=seed, batched=True, ring=False) for seed in range(2)]
    poison = rig.generate(seed=9, batched=True, ring=False, trouble="exit", max_attempts=2)
    good += [rig.generate(seed=seed, batched=True, ring=False) for seed in range(2, 4)]
    worker = rig.worker()
    for job in good:
        assert_succeeded_once(rig, job, attempts=2)
    failed = ended(rig, poison)
    assert (failed.state, failed.error_code, failed.attempt) == (State.FAILED, "worker_lost", 2)
    tries = [(tried.number, tried.outcome) for tried in jobs.list_attempts(rig.db, poison.id)]
    assert tries == [(1, "lost"), (2, "lost")], worker.output()
