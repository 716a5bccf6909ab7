"""The process ends between two steps whose order a crash could betray: one effect, and no file is left."""

from pathlib import Path

import pytest

from shared import jobs
from tests.conftest import both_stores
from tests.families.toy.crashes import EXIT_CODE
from tests.faults.harness import Rig, assert_succeeded_once, orphans, until

#: Where it ends, and how many attempts a job that was there has made in the end.
POINTS = {"after_claim": 2, "after_rename": 2, "before_commit": 2, "after_commit": 1}


@both_stores
def test_a_crash_between_two_steps_leaves_one_effect_and_no_orphan(rig: Rig, tmp_path: Path) -> None:
    order = tmp_path / "crash_at"
    worker = rig.worker(environment={"ATELIER_CRASH_AT": str(order)})
    for seed, (point, attempts) in enumerate(POINTS.items()):
        order.write_text(point)
        job = rig.generate(seed=seed)
        assert_succeeded_once(rig, job, attempts=attempts)
        until(lambda: not order.exists())  # The process comes there.
        assert orphans(rig) == []
        lost = [tried.outcome for tried in jobs.list_attempts(rig.db, job.id)]
        assert lost == ["lost"] * (attempts - 1) + ["succeeded"]
    until(lambda: worker.output().count(f"exitcode {EXIT_CODE}") >= len(POINTS))


@pytest.mark.parametrize("point", ["after_rename", "before_commit"])
def test_a_crash_in_the_middle_of_a_batch_costs_each_of_it_one_attempt(
    rig: Rig, tmp_path: Path, point: str
) -> None:
    order = tmp_path / "crash_at"
    order.write_text(point)
    waiting = [rig.generate(seed=seed, batched=True, ring=False) for seed in range(3)]
    rig.worker(environment={"ATELIER_CRASH_AT": str(order)})
    for job in waiting:
        assert_succeeded_once(rig, job, attempts=2)
    assert orphans(rig) == []
