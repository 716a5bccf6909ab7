"""What the job functions promise, on SQLite and on PostgreSQL alike."""

import itertools
import threading

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from shared import files, jobs, library
from shared.database import Database, now
from shared.errors import BadFile, Conflict, IdempotencyMismatch, LeaseLost, NotFound, QuotaExceeded
from shared.forecast import explain
from shared.jobs import NewArtifact, NewCheckpoint, NewVersion, Progress, Result
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from shared.tables import jobs as table
from tests.conftest import both_stores
from tests.support.builders import blob, new_job, queue, take

pytestmark = both_stores


def expire(db: Database, job_id: str) -> None:
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == job_id).values(lease_expires_at=now() - 1))


def kinds(db: Database, job_id: str) -> list[str]:
    return [event.kind for event in jobs.read_timeline(db, job_id)]


def test_a_submitted_job_is_queued_and_waits_in_its_place(db: Database) -> None:
    first, second = queue(db), queue(db)
    assert first.state is State.QUEUED and first.attempt == 0 and first.input == {"seed": 1}
    assert [explain(db, job).place for job in (first, second)] == [1, 2]
    assert jobs.get(db, first.id, OWNER) == first
    with pytest.raises(NotFound):
        jobs.get(db, first.id, "somebody-else")


def test_the_same_idempotency_key_gives_the_same_job_and_another_body_is_refused(db: Database) -> None:
    first = jobs.submit(db, new_job(idempotency_key="k"))
    again = jobs.submit(db, new_job(idempotency_key="k"))
    assert first.created and not again.created and again.job == first.job
    with pytest.raises(IdempotencyMismatch):
        jobs.submit(db, new_job(idempotency_key="k", input={"seed": 2}))
    with pytest.raises(IdempotencyMismatch):
        jobs.submit(db, new_job(idempotency_key="k", priority=1))
    assert len(jobs.list_page(db, OWNER)) == 1


def test_a_repeat_is_compared_by_what_was_sent_not_by_the_seed_chosen(db: Database) -> None:
    first = jobs.submit(db, new_job(idempotency_key="k", input={"seed": 5}, request={}))
    again = jobs.submit(db, new_job(idempotency_key="k", input={"seed": 9}, request={}))
    assert again.job == first.job and again.job.input == {"seed": 5}


def test_one_key_from_many_threads_makes_one_job(db: Database) -> None:
    found: list[str] = []

    def send() -> None:
        found.append(jobs.submit(db, new_job(idempotency_key="race")).job.id)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1


def test_the_quota_counts_waiting_jobs_only(db: Database) -> None:
    jobs.submit(db, new_job(), max_queued=1)
    with pytest.raises(QuotaExceeded):
        jobs.submit(db, new_job(), max_queued=1)
    take(db)
    assert jobs.submit(db, new_job(), max_queued=1).created


def test_an_unknown_owner_is_refused_and_leaves_no_row(db: Database) -> None:
    with pytest.raises(NotFound):
        jobs.submit(db, new_job(owner_id="nobody"))
    assert jobs.list_page(db, "nobody") == []


def test_a_claim_takes_the_batch_of_the_first_in_line(db: Database) -> None:
    a = [queue(db, batch_key="a") for _ in range(3)]
    queue(db, batch_key="b")
    batch = take(db, limit=2)
    assert [job.id for job in batch] == [a[0].id, a[1].id]
    assert all(job.state is State.PROCESSING and job.attempt == 1 for job in batch)
    assert [job.id for job in take(db, limit=8)] == [a[2].id]


def test_what_was_tried_before_runs_alone(db: Database) -> None:
    guilty, other = queue(db, batch_key="a"), queue(db, batch_key="a")
    for held in take(db, limit=8):
        jobs.requeue(db, held.lease, Reason.LEASE_EXPIRED)
    fresh = queue(db, batch_key="a")
    batches = [[job.id for job in take(db, limit=8)] for _ in range(4)]
    assert batches == [[guilty.id], [other.id], [fresh.id], []]


def test_what_was_handed_back_joins_a_batch_again(db: Database) -> None:
    both = [queue(db, batch_key="a").id for _ in range(2)]
    for held in take(db, limit=8):
        jobs.requeue(db, held.lease, Reason.DRAINED)
    assert [job.id for job in take(db, limit=8)] == both


def test_jobs_without_a_batch_key_run_alone(db: Database) -> None:
    queue(db), queue(db)
    assert len(take(db, limit=8)) == 1


def test_priority_goes_before_age_even_into_a_batch(db: Database) -> None:
    queue(db, batch_key="a")
    urgent = queue(db, priority=5, batch_key="a")
    assert [job.id for job in take(db, limit=1)] == [urgent.id]


def test_a_claim_sees_only_its_lanes_and_families_and_what_is_ready(db: Database) -> None:
    queue(db, lane="training")
    queue(db, family="other")
    later = queue(db)
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == later.id).values(not_before=now() + 60))
    found = jobs.claim(
        db, worker_id="w", lanes=("interactive",), families=("toy",), limit=9, lease_seconds=30
    )
    assert found == []
    assert jobs.head(db, lanes=("interactive",), families=("toy",)) is None
    assert jobs.head(db, lanes=("training",), families=("toy",)) is not None


def test_many_claimers_never_share_a_job(db: Database) -> None:
    wanted = {queue(db, batch_key="a").id for _ in range(24)}
    taken: list[str] = []

    def work(name: str) -> None:
        while batch := take(db, worker=name, limit=3):
            taken.extend(job.id for job in batch)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(wanted)


def test_an_owner_with_one_job_does_not_wait_behind_an_owner_with_many(db: Database) -> None:
    with db.begin() as connection:
        connection.execute(text("INSERT INTO owners (id, title, created_at) VALUES ('busy', 'Busy', 0)"))
    for _ in range(20):
        queue(db, owner_id="busy")
    take(db)
    mine = queue(db)
    order = [take(db)[0].id for _ in range(2)]
    assert mine.id in order


def test_heartbeat_renews_stores_progress_and_tells_the_owners_wishes(db: Database) -> None:
    job = queue(db) and take(db, lease=5)[0]
    signals = jobs.heartbeat(db, job.lease, lease_seconds=60, progress=Progress(0.5, {"step": 7}))
    assert not signals.cancel_requested and not signals.stop_requested
    row = jobs.get(db, job.id)
    assert row.progress == 0.5 and row.progress_detail == {"step": 7}
    assert row.lease_expires_at is not None and job.lease_expires_at is not None
    assert row.lease_expires_at > job.lease_expires_at + 30
    jobs.cancel(db, job.id, OWNER)
    jobs.stop(db, job.id, OWNER)
    signals = jobs.heartbeat(db, job.lease, lease_seconds=60)
    assert signals.cancel_requested and signals.stop_requested


def test_success_records_output_and_files_in_one_go(db: Database) -> None:
    job = queue(db) and take(db)[0]
    file = NewArtifact("output", "a.png", "image/png", blob("a"), width=64, height=64, recipe={"seed": 1})
    lost, _ = jobs.succeed(db, [(job.lease, Result({"count": 1}, (file,)))])
    assert lost == []
    row = jobs.get(db, job.id)
    assert row.state is State.SUCCEEDED and row.output == {"count": 1} and row.progress == 1.0
    assert row.worker_id is None and row.lease_expires_at is None and row.finished_at is not None
    [stored] = files.job_artifacts(db, job.id)
    assert (stored.hash, stored.recipe, stored.width) == (blob("a").hash, {"seed": 1}, 64)
    [attempt] = jobs.list_attempts(db, job.id)
    assert attempt.outcome == "succeeded" and attempt.ended_at is not None
    assert kinds(db, job.id) == ["submitted", "claim", "succeed"]


def test_a_training_success_publishes_a_version(db: Database) -> None:
    model = library.ensure_model(db, owner_id=OWNER, name="prints", family="toy")
    job = queue(db, operation="train", lane="training", model_id=model.id) and take(db)[0]
    version = NewVersion(blob("w"), "toy", "1", {"width": 3}, {"kid": 0.1}, "0" * 64)
    jobs.succeed(db, [(job.lease, Result({}, (), version))])
    assert jobs.get(db, job.id).output == {"version": blob("w").hash}
    stored = library.get_version(db, blob("w").hash)
    assert stored.model_id == model.id and stored.card == {"kid": 0.1} and stored.job_id == job.id
    assert library.latest_version(db, model.id) == stored


def test_a_stale_token_changes_nothing(db: Database) -> None:
    queue(db)
    old = take(db)[0].lease
    expire(db, old.job_id)
    assert [job.id for job in jobs.rescue(db).requeued] == [old.job_id]
    fresh = take(db, worker="w2")[0]
    assert fresh.lease_token > old.token and fresh.attempt == 2
    for write in (
        lambda: jobs.heartbeat(db, old, lease_seconds=30),
        lambda: jobs.fail(db, old, BadFile("late")),
        lambda: jobs.requeue(db, old, Reason.DRAINED),
        lambda: jobs.canceled(db, old),
        lambda: jobs.checkpointed(db, old, NewCheckpoint(1, blob())),
        lambda: jobs.record_metrics(db, old, 1, {"loss": 1.0}),
        lambda: jobs.note(db, old, "note", {}),
        lambda: jobs.add_artifact(db, old, NewArtifact("preview", "p", "image/png", blob())),
    ):
        with pytest.raises(LeaseLost):
            write()
    lost, _ = jobs.succeed(db, [(old, Result({"from": "zombie"}))])
    assert lost == [old]
    row = jobs.get(db, old.job_id)
    assert row.state is State.PROCESSING and row.worker_id == "w2" and row.output is None
    assert jobs.latest_checkpoint(db, old.job_id) is None and files.job_artifacts(db, old.job_id) == []


def test_a_terminal_state_never_changes(db: Database) -> None:
    job = queue(db) and take(db)[0]
    jobs.fail(db, job.lease, BadFile("it is no picture", code="not_an_image", field="files"))
    row = jobs.get(db, job.id)
    assert (row.state, row.error_code, row.error_detail) == (
        State.FAILED,
        "not_an_image",
        {"field": "files"},
    )
    lost, _ = jobs.succeed(db, [(job.lease, Result({"late": True}))])
    assert lost == [job.lease]
    with pytest.raises(Conflict):
        jobs.cancel(db, job.id, OWNER)
    assert jobs.get(db, job.id) == row


def test_a_waiting_job_is_canceled_at_once_and_never_claimed(db: Database) -> None:
    job = queue(db)
    canceled, _ = jobs.cancel(db, job.id, OWNER)
    assert canceled.state is State.CANCELED
    assert take(db) == []
    assert jobs.cancel(db, job.id, OWNER)[0].state is State.CANCELED


def test_no_success_after_an_accepted_cancel(db: Database) -> None:
    job = queue(db) and take(db)[0]
    jobs.cancel(db, job.id, OWNER)
    lost, _ = jobs.succeed(db, [(job.lease, Result({"made": 1}))])
    assert lost == [job.lease]
    jobs.canceled(db, job.lease)
    assert jobs.get(db, job.id).state is State.CANCELED


def test_a_hand_back_costs_no_attempt_and_a_crash_costs_one(db: Database) -> None:
    job = queue(db) and take(db)[0]
    jobs.requeue(db, job.lease, Reason.DRAINED)
    assert jobs.get(db, job.id).attempt == 0
    again = take(db)[0]
    expire(db, again.id)
    jobs.rescue(db)
    row = jobs.get(db, job.id)
    assert (row.attempt, row.state, row.reason) == (1, State.QUEUED, Reason.LEASE_EXPIRED)
    assert [attempt.outcome for attempt in jobs.list_attempts(db, job.id)] == ["requeued", "lost"]


def test_the_last_attempt_is_not_given_back_to_be_tried_again(db: Database) -> None:
    job = queue(db, max_attempts=1) and take(db)[0]
    with pytest.raises(Conflict):
        jobs.requeue(db, job.lease, Reason.RETRY)
    assert jobs.get(db, job.id) == job
    other = queue(db)
    assert [found.id for found in take(db)] == [other.id], "the lane goes on"
    jobs.requeue(db, job.lease, Reason.DRAINED)
    assert [found.id for found in take(db)] == [job.id]


def test_a_job_whose_worker_keeps_dying_fails_as_worker_lost(db: Database) -> None:
    job = queue(db, max_attempts=2)
    for _ in range(2):
        expire(db, take(db)[0].id)
        jobs.rescue(db)
    row = jobs.get(db, job.id)
    assert (row.state, row.error_code, row.attempt) == (State.FAILED, "worker_lost", 2)
    assert take(db) == []


def test_rescue_is_idempotent_and_leaves_healthy_jobs_alone(db: Database) -> None:
    queue(db)
    healthy = take(db)[0]
    first = jobs.rescue(db)
    assert (first.requeued, first.ended) == ([], [])
    expire(db, healthy.id)
    assert len(jobs.rescue(db).requeued) == 1
    assert jobs.rescue(db).requeued == []


def test_rescue_cancels_what_its_owner_had_canceled(db: Database) -> None:
    job = queue(db) and take(db)[0]
    jobs.cancel(db, job.id, OWNER)
    expire(db, job.id)
    jobs.rescue(db)
    assert jobs.get(db, job.id).state is State.CANCELED


def test_rescue_requeues_what_beats_without_progress(db: Database) -> None:
    queue(db, stall_seconds=5.0)
    job = take(db)[0]
    with db.begin() as connection:
        connection.execute(update(table).where(table.c.id == job.id).values(progress_at=now() - 6))
    assert [found.reason for found in jobs.rescue(db).requeued] == [Reason.STALLED]


def test_a_waiting_job_past_its_deadline_fails(db: Database) -> None:
    job = queue(db, deadline_seconds=-1.0)
    jobs.rescue(db)
    row = jobs.get(db, job.id)
    assert (row.state, row.error_code) == (State.FAILED, "deadline")


def test_checkpoints_are_kept_until_the_job_ends(db: Database) -> None:
    job = queue(db) and take(db)[0]
    for step in (10, 20, 30):
        jobs.checkpointed(db, job.lease, NewCheckpoint(step, blob(f"c{step}"), {"kimg": step}))
    latest = jobs.latest_checkpoint(db, job.id)
    assert latest is not None and (latest.step, latest.meta) == (30, {"kimg": 30})
    assert jobs.forget_checkpoints(db, job.lease, keep=2) == [blob("c10").hash]
    _, unneeded = jobs.succeed(db, [(job.lease, Result({}))])
    assert sorted(unneeded) == sorted([blob("c20").hash, blob("c30").hash])
    assert jobs.latest_checkpoint(db, job.id) is None


def test_metrics_after_a_resume_replace_what_lay_ahead(db: Database) -> None:
    job = queue(db) and take(db)[0]
    for step in (1, 2, 3):
        jobs.record_metrics(db, job.lease, step, {"loss": float(step)})
    jobs.record_metrics(db, job.lease, 2, {"loss": 9.0})
    assert jobs.read_metrics(db, job.id) == [(1, {"loss": 1.0}), (2, {"loss": 9.0})]
    assert jobs.read_metrics(db, job.id, after_step=1) == [(2, {"loss": 9.0})]


def test_an_equal_request_takes_the_stored_result(db: Database) -> None:
    key = jobs.cache_key("v" * 64, "1", "generate", {"seed": 1})
    job = queue(db, cache_key=key) and take(db)[0]
    file = NewArtifact("output", "a.png", "image/png", blob("a"))
    jobs.succeed(db, [(job.lease, Result({"count": 1}, (file,)))])
    twin = jobs.submit(db, new_job(cache_key=key)).job
    assert twin.state is State.SUCCEEDED and twin.cached_from == job.id and twin.output == {"count": 1}
    assert [found.hash for found in files.job_artifacts(db, twin.id)] == [blob("a").hash]
    assert queue(db, cache_key="0" * 64).state is State.QUEUED


def test_the_timeline_replays_to_the_row(db: Database) -> None:
    job = queue(db) and take(db)[0]
    jobs.requeue(db, job.lease, Reason.PREEMPTED)
    again = take(db)[0]
    expire(db, again.id)
    jobs.rescue(db)
    last = take(db)[0]
    jobs.fail(db, last.lease, BadFile("no"))
    events = jobs.read_timeline(db, job.id)
    states = [event.data["state"] for event in events if "state" in event.data]
    assert states[-1] == jobs.get(db, job.id).state
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(a.at <= b.at for a, b in itertools.pairwise(events))


def test_pages_go_back_in_time_without_gaps(db: Database) -> None:
    made = [queue(db, lane="training" if n % 2 else "interactive").id for n in range(5)]
    first = jobs.list_page(db, OWNER, limit=3)
    rest = jobs.list_page(db, OWNER, limit=3, before=first[-1].id)
    assert [job.id for job in first + rest] == sorted(made, reverse=True)
    assert len(jobs.list_page(db, OWNER, lanes=("training",))) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE jobs SET state = 'lost'",
        "UPDATE jobs SET attempt = max_attempts + 1",
        "UPDATE jobs SET state = 'processing'",
        "UPDATE jobs SET state = 'succeeded'",
        "UPDATE jobs SET progress = 1.5",
        "UPDATE jobs SET priority = 101",
    ],
)
def test_the_database_refuses_rows_that_break_an_invariant(db: Database, statement: str) -> None:
    queue(db)
    with pytest.raises(IntegrityError), db.begin() as connection:
        connection.execute(text(statement))
