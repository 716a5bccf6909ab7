"""In which order jobs are taken: shares by weight, priorities that age, warm versions, limits, pauses."""

import threading
from collections import Counter

import pytest
from sqlalchemy import event, insert, select, text, update

from shared import jobs
from shared.database import Database, now
from shared.errors import Conflict, InvalidInput, NotFound
from shared.jobs import Job, Result
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from shared.tables import jobs as table
from shared.tables import owners
from tests.conftest import both_stores
from tests.support.builders import new_job, queue, take

pytestmark = both_stores


def owner(db: Database, name: str, *, weight: float = 1.0, max_running: int | None = None) -> str:
    with db.begin() as connection:
        connection.execute(
            insert(owners).values(
                id=name, title=name, weight=weight, max_running=max_running, created_at=now()
            )
        )
    return name


def finish(db: Database, batch: list[Job]) -> None:
    lost, _ = jobs.succeed(db, [(job.lease, Result()) for job in batch])
    assert lost == []


def served(db: Database, count: int, limit: int = 1) -> list[str]:
    """The owners of the next jobs, each batch finished before the next is taken."""
    found: list[str] = []
    while len(found) < count:
        batch = take(db, limit=limit)
        found += [job.owner_id for job in batch]
        finish(db, batch)
    return found


def age_by(db: Database, seconds: float) -> None:
    with db.begin() as connection:
        connection.execute(
            update(table).values(
                ranked_at=table.c.ranked_at - seconds, created_at=table.c.created_at - seconds
            )
        )


def test_one_job_waits_at_most_a_batch_behind_hundreds_of_another_owner(db: Database) -> None:
    many, few = owner(db, "many"), owner(db, "few")
    for _ in range(200):
        queue(db, owner_id=many, batch_key="many")
    finish(db, take(db, limit=8))
    running = take(db, limit=8)
    queue(db, owner_id=few, batch_key="few")
    finish(db, running)
    ahead = 0
    while (batch := take(db, limit=8))[0].owner_id != few:
        finish(db, batch)
        ahead += 1
    assert ahead <= 1


def test_weights_are_honoured_within_five_percent(db: Database) -> None:
    weights = {"light": 1.0, "middle": 2.0, "heavy": 5.0}
    for name, weight in weights.items():
        owner(db, name, weight=weight)
        for _ in range(int(30 * weight)):
            queue(db, owner_id=name)
    got = Counter(served(db, 160))
    for name, weight in weights.items():
        assert got[name] == pytest.approx(160 * weight / sum(weights.values()), rel=0.05)


def test_costly_jobs_count_for_what_they_cost(db: Database) -> None:
    slow, quick = owner(db, "slow"), owner(db, "quick")
    for _ in range(40):
        queue(db, owner_id=slow, cost_seconds=4.0)
        queue(db, owner_id=quick, cost_seconds=1.0)
    got = Counter(served(db, 40))
    assert got[quick] == pytest.approx(4 * got[slow], rel=0.15)


def test_the_lanes_of_an_owner_are_charged_apart(db: Database) -> None:
    trainer, painter = owner(db, "trainer"), owner(db, "painter")
    queue(db, owner_id=trainer, lane="training", operation="train", cost_seconds=36_000)
    queue(db, owner_id=painter)
    mine = queue(db, owner_id=trainer)
    assert mine.virtual_start <= 1.0


def test_who_was_away_starts_now_and_not_in_the_past(db: Database) -> None:
    busy, away = owner(db, "busy"), owner(db, "away")
    for _ in range(20):
        queue(db, owner_id=busy)
        finish(db, take(db))
    # The lane is idle: the newcomer's debt is nothing, but neither has the other one to pay again.
    for _ in range(4):
        queue(db, owner_id=away)
        queue(db, owner_id=busy)
    assert Counter(served(db, 4)) == {"away": 2, "busy": 2}


def test_a_canceled_job_is_not_charged(db: Database) -> None:
    hasty, other = owner(db, "hasty"), owner(db, "other")
    for _ in range(50):
        jobs.cancel(db, queue(db, owner_id=hasty).id, hasty)
    queue(db, owner_id=other), queue(db, owner_id=other)
    queue(db, owner_id=hasty)
    assert set(served(db, 2)) == {hasty, other}


def test_what_waits_behind_a_higher_priority_rises_until_it_stands_level(db: Database) -> None:
    low = queue(db, priority=-5)
    queue(db, priority=20)
    assert jobs.age(db) == 0
    ranks = []
    for _ in range(4):
        age_by(db, 61)
        jobs.age(db)
        ranks.append(jobs.get(db, low.id).rank)
    assert ranks == [5, 15, 20, 20] and jobs.get(db, low.id).priority == -5
    assert [job.id for job in take(db)] == [low.id]


def test_nothing_rises_twice_in_a_minute_or_without_somebody_ahead(db: Database) -> None:
    queue(db, priority=-5)
    age_by(db, 600)
    assert jobs.age(db) == 0
    queue(db, priority=5)
    assert [jobs.age(db), jobs.age(db)] == [1, 0]


def test_a_stream_of_urgent_jobs_does_not_starve_a_patient_one(db: Database) -> None:
    patient = queue(db, priority=-100)
    taken: list[str] = []
    while patient.id not in taken and len(taken) < 30:
        queue(db, priority=100)
        age_by(db, 61)
        jobs.age(db)
        batch = take(db)
        finish(db, batch)
        taken += [job.id for job in batch]
    assert taken[-1] == patient.id and len(taken) <= 21


def test_a_warm_version_goes_first_and_takes_no_higher_priority_with_it(db: Database) -> None:
    cold = queue(db, batch_key="cold")
    warm = queue(db, batch_key="warm")
    urgent = queue(db, batch_key="urgent", priority=5)
    head = jobs.head(db, lanes=["interactive"], families=["toy"])
    assert head is not None and (head.batch_key, head.rank) == ("urgent", 5)

    def warmly(rank: int) -> list[str]:
        batch = jobs.claim(
            db,
            worker_id="w",
            lanes=["interactive"],
            families=["toy"],
            limit=8,
            lease_seconds=30,
            warm=["warm"],
            warm_rank=rank,
        )
        return [job.id for job in batch]

    assert warmly(5) == []
    assert [job.id for job in take(db)] == [urgent.id]
    assert warmly(0) == [warm.id]
    assert [job.id for job in take(db)] == [cold.id]


def test_an_owner_has_no_more_jobs_running_than_allowed(db: Database) -> None:
    bounded, free = owner(db, "bounded", max_running=2), owner(db, "free")
    for _ in range(5):
        queue(db, owner_id=bounded, batch_key="same")
    queue(db, owner_id=free, batch_key="same")
    batch = take(db, limit=8)
    assert Counter(job.owner_id for job in batch) == {bounded: 2, free: 1}
    assert take(db, limit=8) == []
    waiting = [job for job in jobs.list_page(db, bounded) if job.state is State.QUEUED]
    assert [(job.attempt, job.started_at) for job in waiting] == [(0, None)] * 3
    finish(db, batch[:1])
    assert len(take(db, limit=8)) == (1 if batch[0].owner_id == bounded else 0)


def test_what_the_limit_puts_back_waits_as_it_did(db: Database) -> None:
    bounded = owner(db, "bounded", max_running=2)
    waiting = [queue(db, owner_id=bounded, batch_key="same").id for _ in range(3)]
    for _ in range(3):
        # Each is handed back once, so that there is a reason to keep.
        (held,) = take(db)
        jobs.requeue(db, held.lease, Reason.DRAINED, delay_seconds=60.0)
    with db.begin() as connection:
        connection.execute(update(table).values(not_before=0.0))
    before = jobs.get(db, waiting[2])
    assert before.reason == Reason.DRAINED
    assert [job.id for job in take(db, limit=8)] == waiting[:2]
    after = jobs.get(db, waiting[2])
    assert (after.state, after.reason, after.attempt) == (State.QUEUED, Reason.DRAINED, 0)


def test_claims_at_the_same_moment_keep_the_limit(db: Database) -> None:
    bounded = owner(db, "bounded", max_running=3)
    for _ in range(24):
        queue(db, owner_id=bounded)
    taken: list[Job] = []
    threads = [threading.Thread(target=lambda n=n: taken.extend(take(db, worker=f"w{n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as connection:
        running = connection.execute(select(table.c.id).where(table.c.state == "processing")).all()
    assert len(running) == len(taken) <= 3


def test_a_paused_job_waits_and_resumes_in_its_place(db: Database) -> None:
    first, second = queue(db), queue(db)
    assert jobs.pause(db, first.id, OWNER).paused
    assert jobs.pause(db, first.id, OWNER).paused
    assert [job.id for job in take(db)] == [second.id]
    assert take(db) == []
    jobs.resume(db, first.id, OWNER)
    assert [job.id for job in take(db)] == [first.id]
    assert [event.kind for event in jobs.read_timeline(db, first.id)] == [
        "submitted",
        "paused",
        "resumed",
        "claim",
    ]


def test_a_running_job_learns_that_it_is_paused_and_costs_no_attempt(db: Database) -> None:
    job = queue(db)
    lease = take(db)[0].lease
    jobs.pause(db, job.id, OWNER)
    assert jobs.heartbeat(db, lease, lease_seconds=30).paused
    jobs.requeue(db, lease, Reason.PAUSED)
    held = jobs.get(db, job.id)
    assert (held.state, held.attempt, held.reason, held.paused) == (State.QUEUED, 0, "paused", True)
    assert take(db) == []


def test_a_priority_moves_a_waiting_job_and_has_bounds(db: Database) -> None:
    _, second = queue(db), queue(db)
    moved = jobs.set_priority(db, second.id, OWNER, 7)
    assert (moved.priority, moved.rank) == (7, 7)
    assert [job.id for job in take(db)] == [second.id]
    for value in (-101, 101):
        with pytest.raises(InvalidInput) as caught:
            jobs.set_priority(db, second.id, OWNER, value)
        assert caught.value.field == "priority"


def test_what_has_ended_is_not_paused_nor_moved(db: Database) -> None:
    job = queue(db)
    finish(db, take(db))
    for ask in (
        lambda: jobs.pause(db, job.id, OWNER),
        lambda: jobs.resume(db, job.id, OWNER),
        lambda: jobs.set_priority(db, job.id, OWNER, 3),
    ):
        with pytest.raises(Conflict):
            ask()  # type: ignore[no-untyped-call]
    with pytest.raises(NotFound):
        jobs.pause(db, job.id, "somebody-else")


def test_a_training_is_outranked_by_one_that_waits_a_moment(db: Database) -> None:
    queue(db, lane="training", operation="train")
    running = take(db)[0]
    equal = queue(db, lane="training", operation="train")
    jobs.set_priority(db, equal.id, OWNER, 1)
    assert not jobs.outranked(db, running, ["toy"])
    age_by(db, 5)
    assert jobs.outranked(db, running, ["toy"])
    assert not jobs.outranked(db, running, ["another"])
    jobs.set_priority(db, running.id, OWNER, 1)
    assert not jobs.outranked(db, running, ["toy"])


@pytest.mark.parametrize("way", ["failed", "canceled"])
def test_a_retry_is_a_new_job_that_names_the_old_one(db: Database, way: str) -> None:
    old = queue(db, priority=3, batch_key="b")
    if way == "canceled":
        jobs.cancel(db, old.id, OWNER)
    else:
        jobs.fail(db, take(db)[0].lease, InvalidInput("no"))
    again = jobs.retry(db, old.id, OWNER, idempotency_key="k")
    assert again.created and again.job.retried_from == old.id and again.job.id != old.id
    assert (again.job.input, again.job.priority, again.job.batch_key) == (old.input, 3, "b")
    assert jobs.retry(db, old.id, OWNER, idempotency_key="k").job.id == again.job.id
    assert jobs.get(db, old.id).state == way


def test_only_failed_and_canceled_jobs_are_retried(db: Database) -> None:
    job = queue(db)
    with pytest.raises(Conflict):
        jobs.retry(db, job.id, OWNER)
    batch = take(db)
    with pytest.raises(Conflict):
        jobs.retry(db, job.id, OWNER)
    finish(db, batch)
    with pytest.raises(Conflict):
        jobs.retry(db, job.id, OWNER)
    with pytest.raises(NotFound):
        jobs.retry(db, job.id, "somebody-else")
    gathered = queue(db, lane="ingest", operation="gather")
    jobs.cancel(db, gathered.id, OWNER)
    with pytest.raises(Conflict, match="upload them again"):
        jobs.retry(db, gathered.id, OWNER)


def test_a_claim_is_an_index_look_up(db: Database) -> None:
    """No plan of a claim may read the whole table, however it is filled."""
    jobs.submit(db, new_job(batch_key="b"))
    seen: list[str] = []

    def remember(conn: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "jobs" in statement and not statement.startswith("EXPLAIN"):
            plans.append((statement, parameters))

    plans: list[tuple[str, object]] = []
    event.listen(db.engine, "before_cursor_execute", remember)
    take_one = jobs.head(db, lanes=["interactive"], families=["toy"])
    assert take_one is not None
    event.remove(db.engine, "before_cursor_execute", remember)
    with db.engine.connect() as connection:
        if not db.is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        for statement, parameters in plans:
            prefix = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
            rows = connection.exec_driver_sql(prefix + statement, parameters).all()  # type: ignore[arg-type]
            seen += [str(row[-1]) for row in rows]
    assert any("ix_jobs_queue" in line for line in seen), seen
    assert not any("TEMP B-TREE" in line or line.strip().startswith("Sort") for line in seen), seen


def test_how_many_are_taken_may_depend_on_what_is_first(db: Database) -> None:
    """Another worker may take the first in line at this moment: what counts is the key really claimed."""
    for key in ("slow", "quick"):
        for _ in range(4):
            queue(db, batch_key=key)
    sizes = {"slow": 1, "quick": 3, None: 9}
    asked: list[str | None] = []

    def limit(key: str | None) -> int:
        asked.append(key)
        return sizes[key]

    taken = [
        jobs.claim(db, worker_id="w", lanes=["interactive"], families=["toy"], limit=limit, lease_seconds=9)
        for _ in range(6)
    ]
    for batch in taken:
        assert 0 < len(batch) <= sizes[batch[0].batch_key]
    assert [len(batch) for batch in taken if batch[0].batch_key == "slow"] == [1] * 4
    assert set(asked) == {"slow", "quick"}
