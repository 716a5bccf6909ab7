"""What is told of a waiting job: who is ahead and why, when it may be done, what holds it up."""

import pytest
from sqlalchemy import text, update

from shared import jobs, speeds, workers
from shared.database import Database
from shared.forecast import COUNTED, LISTED, explain
from shared.jobs import Job, Progress, Result
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from shared.owners import set_max_running
from shared.tables import jobs as table
from shared.workers import WorkerReport
from tests.conftest import both_stores
from tests.support.builders import queue, take

pytestmark = both_stores
LANES = ["interactive", "training", "ingest"]


def worker(db: Database, name: str = "w1", families: tuple[str, ...] = ("toy",)) -> None:
    workers.beat(db, WorkerReport(name, "h", 1, "cpu", LANES, list(families), "idle", [], [], {}))


def fresh(db: Database, job: Job) -> Job:
    return jobs.get(db, job.id)


def test_places_count_from_one_and_name_who_is_ahead(db: Database) -> None:
    worker(db)
    first, second, third = (queue(db) for _ in range(3))
    told = explain(db, third)
    assert (told.place, told.total_ahead, told.blocked_reason, told.workers) == (3, 2, None, 1)
    assert [(one.job_id, one.why) for one in told.ahead] == [(first.id, "fairness"), (second.id, "fairness")]
    assert explain(db, first).place == 1


def test_it_says_why_somebody_goes_first(db: Database) -> None:
    worker(db)
    running = queue(db)
    take(db)
    risen, mine, urgent = queue(db), queue(db, priority=5), queue(db, priority=9)
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == risen.id).values(rank=7))
    told = {one.job_id: one.why for one in explain(db, mine).ahead}
    assert told == {running.id: "running", urgent.id: "priority", risen.id: "age"}


def test_a_queue_takes_longer_the_more_is_ahead_and_less_with_more_workers(db: Database) -> None:
    worker(db)
    made = [queue(db, cost_seconds=2.0) for _ in range(5)]
    etas = [explain(db, job).eta_p50 for job in made]
    assert etas == pytest.approx([2, 4, 6, 8, 10])
    worker(db, "w2")
    shared = explain(db, made[-1])
    assert shared.eta_p50 == pytest.approx(4 * 2 / 2 + 2) and shared.workers == 2
    assert shared.eta_p90 is not None and shared.eta_p50 is not None and shared.eta_p90 > shared.eta_p50


def test_what_varied_more_is_less_sure(db: Database) -> None:
    worker(db)
    job = queue(db, cost_seconds=1.0)
    speeds.learn(db, "toy", "generate", "cpu", [1.0] * 20)
    steady = explain(db, job)
    speeds.learn(db, "toy", "generate", "cpu", [1.0, 4.0] * 10)
    varied = explain(db, job)
    assert steady.eta_p90 == steady.eta_p50 == varied.eta_p50 == 1.0
    assert varied.eta_p90 is not None and varied.eta_p90 > 1.5


def test_what_blocks_a_job_is_named(db: Database) -> None:
    job = queue(db, cache_key="k" * 64)
    assert explain(db, job).blocked_reason == "no_worker"
    worker(db, families=("another",))
    assert explain(db, job).blocked_reason == "no_worker"
    worker(db)
    assert explain(db, job).blocked_reason is None
    assert explain(db, queue(db, cache_key="k" * 64)).blocked_reason == "follows"
    paused = jobs.pause(db, job.id, OWNER)
    told = explain(db, paused)
    assert (told.blocked_reason, told.eta_p50) == ("paused", None)
    jobs.resume(db, job.id, OWNER)
    jobs.requeue(db, take(db)[0].lease, Reason.RETRY, delay_seconds=60)
    assert explain(db, fresh(db, job)).blocked_reason == "delayed"


def test_an_owner_at_the_limit_is_told_so(db: Database) -> None:
    worker(db)
    running, waiting = queue(db), queue(db)
    take(db)
    assert explain(db, waiting).blocked_reason is None
    set_max_running(db, OWNER, 1)
    told = explain(db, waiting)
    assert (told.blocked_reason, told.place, told.eta_p50) == ("limit", 1, None)
    jobs.succeed(db, [(fresh(db, running).lease, Result())])
    assert explain(db, waiting).blocked_reason is None


def test_a_draining_worker_does_not_count(db: Database) -> None:
    worker(db)
    workers.request_drain(db, "w1")
    assert explain(db, queue(db)).blocked_reason == "no_worker"


def test_no_guess_is_made_behind_a_training_of_unknown_length(db: Database) -> None:
    worker(db)
    queue(db, lane="training", operation="train")
    running = take(db)[0]
    second = queue(db, lane="training", operation="train", cost_seconds=50)
    assert explain(db, second).eta_p50 is None
    jobs.heartbeat(db, running.lease, lease_seconds=30, progress=Progress(0.5, {"eta_seconds": 100}))
    assert explain(db, second).eta_p50 == pytest.approx(150)
    assert explain(db, fresh(db, running)).eta_p50 == 100
    third = queue(db, lane="training", operation="train")
    assert explain(db, third).eta_p50 is None


def test_what_has_ended_has_no_place(db: Database) -> None:
    job = queue(db)
    jobs.succeed(db, [(take(db)[0].lease, Result())])
    told = explain(db, fresh(db, job))
    assert (told.place, told.ahead, told.eta_p50, told.blocked_reason) == (None, (), None, None)
    assert fresh(db, job).state is State.SUCCEEDED


def test_a_long_queue_is_counted_and_listed_up_to_a_bound(db: Database) -> None:
    worker(db)
    last = queue(db)
    columns = (
        "owner_id, family, operation, lane, input, request_hash, priority, rank, ranked_at, cost_seconds, "
        "state, max_attempts, stall_seconds, progress_detail, created_at"
    )
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
    with db.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO jobs (id, virtual_start, {columns}) {numbers}"
                f"SELECT 'x' || i, -1, {columns} FROM n, jobs WHERE jobs.id = :last"
            ),
            {"last": last.id},
        )
    told = explain(db, last)
    assert (told.total_ahead, len(told.ahead), told.eta_p50) == (COUNTED, LISTED, None)
