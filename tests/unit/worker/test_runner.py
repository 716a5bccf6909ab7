"""An interactive batch from the queue to its recorded end."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import update

from shared import files, jobs, speeds
from shared.database import Database
from shared.errors import StorageFull, Unavailable
from shared.jobs import Job, NewArtifact
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from shared.tables import jobs as table
from tests.families.toy.engine import PNG, ToyEngine, ToyLoaded
from tests.support.builders import queue
from tests.support.workers import toy_version
from tests.unit.worker.conftest import SilentBell
from worker import runner
from worker.family import Part, Request
from worker.runner import serve
from worker.serving.place import Place

Make = Callable[..., Job]


def states(db: Database, *made: Job) -> list[tuple[State, str | None]]:
    return [(job.state, job.error_code) for job in (jobs.get(db, one.id) for one in made)]


def test_an_empty_lane_gives_nothing(place: Place) -> None:
    assert serve(place, "interactive") is False


def test_a_batch_is_served_in_one_pass(place: Place, db: Database, generate_job: Make) -> None:
    made = [generate_job(seed=seed, count=2) for seed in range(3)]
    assert serve(place, "interactive") is True
    assert states(db, *made) == [(State.SUCCEEDED, None)] * 3
    assert serve(place, "interactive") is False
    for job in made:
        found = files.job_artifacts(db, job.id)
        assert sorted((file.position, file.role) for file in found) == [
            (0, "latent"),
            (0, "output"),
            (1, "latent"),
            (1, "output"),
        ]
        assert all(place.store.exists(file.hash) for file in found)
        seeds = {file.recipe["input"]["seed"] for file in found if file.recipe}
        assert seeds == {job.input["seed"]}


def test_watchers_are_nudged_when_it_ends(place: Place, generate_job: Make, bell_of: SilentBell) -> None:
    job = generate_job()
    serve(place, "interactive")
    assert bell_of.nudged == [job.id]


def test_the_version_is_loaded_once_while_hot(place: Place, generate_job: Make, toy: dict[str, str]) -> None:
    for seed in range(2):
        generate_job(seed=seed)
        serve(place, "interactive")
    assert place.cache.holds() == [toy["version_id"]]


def test_only_the_guilty_sample_fails(place: Place, db: Database, generate_job: Make) -> None:
    made = [generate_job(seed=1), generate_job(seed=2, trouble="sample_error"), generate_job(seed=3)]
    serve(place, "interactive")
    assert states(db, *made) == [
        (State.SUCCEEDED, None),
        (State.FAILED, "toy_broken"),
        (State.SUCCEEDED, None),
    ]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("error", "internal_error"), ("memory_error", "out_of_memory"), ("out_of_memory", "out_of_memory")],
)
def test_a_pass_that_fails_is_split(
    place: Place, db: Database, generate_job: Make, trouble: str, code: str
) -> None:
    made = [generate_job(seed=1), generate_job(seed=2, trouble=trouble), generate_job(seed=3)]
    serve(place, "interactive")
    assert states(db, *made) == [(State.SUCCEEDED, None), (State.FAILED, code), (State.SUCCEEDED, None)]


def test_details_of_a_surprise_stay_inside(
    place: Place, db: Database, generate_job: Make, caplog: pytest.LogCaptureFixture
) -> None:
    job = generate_job(trouble="error")
    serve(place, "interactive")
    ended = jobs.get(db, job.id)
    assert "secret" not in f"{ended.error_message}{ended.error_detail}"
    assert "secret detail of the toy" in caplog.text


def test_a_family_that_gives_too_much_is_refused(place: Place, db: Database, generate_job: Make) -> None:
    job = generate_job(trouble="wrong_count")
    serve(place, "interactive")
    assert states(db, job) == [(State.FAILED, "internal_error")]


def test_an_unknown_version_fails_its_jobs(place: Place, db: Database, toy: dict[str, str]) -> None:
    place.store.delete(toy["version_id"])
    job = queue(db, **toy)
    serve(place, "interactive")
    assert states(db, job) == [(State.FAILED, "artifact_damaged")]


def test_a_result_can_be_a_parent(
    place: Place, db: Database, generate_job: Make, toy: dict[str, str]
) -> None:
    first = generate_job()
    serve(place, "interactive")
    output = files.job_artifacts(db, first.id, ("output",))[0]
    job = queue(db, operation="vary", input={"parent": output.id, "seed": 5}, **toy)
    serve(place, "interactive")
    assert states(db, job) == [(State.SUCCEEDED, None)]
    assert files.job_artifacts(db, job.id, ("output",))[0].hash != output.hash


def test_an_unknown_parent_names_the_field(place: Place, db: Database, toy: dict[str, str]) -> None:
    job = queue(db, operation="vary", input={"parent": "nothing", "seed": 5}, **toy)
    serve(place, "interactive")
    ended = jobs.get(db, job.id)
    assert (ended.state, ended.error_code) == (State.FAILED, "invalid_input")
    assert ended.error_detail == {"field": "parent"}


def attach(place: Place, db: Database, data: bytes) -> str:
    """A file from outside; gives its id."""
    new = NewArtifact("upload", "mine.png", "image/png", place.store.put(data))
    return files.record_uploads(db, [new], OWNER)[0].id


def test_a_file_from_outside_can_be_begun_from(place: Place, db: Database, toy: dict[str, str]) -> None:
    sent = [attach(place, db, PNG + text) for text in (b"one", b"two", b"one")]
    made = [
        queue(db, operation="echo", input={"picture": upload, "seed": 5}, attached={"picture": upload}, **toy)
        for upload in sent
    ]
    for _ in made:
        serve(place, "interactive")
    assert states(db, *made) == [(State.SUCCEEDED, None)] * 3
    first, second, third = (files.job_artifacts(db, job.id, ("latent",))[0].hash for job in made)
    assert first != second, "the bytes of the file reach the family"
    assert first == third


def test_a_work_can_be_begun_from_as_it_is(
    place: Place, db: Database, generate_job: Make, toy: dict[str, str]
) -> None:
    first = generate_job()
    serve(place, "interactive")
    output = files.job_artifacts(db, first.id, ("output",))[0]
    job = queue(db, operation="echo", input={"picture": output.id, "seed": 5}, **toy)
    serve(place, "interactive")
    assert states(db, job) == [(State.SUCCEEDED, None)]


def test_a_file_that_has_vanished_names_the_field(place: Place, db: Database, toy: dict[str, str]) -> None:
    upload = attach(place, db, PNG)
    given = {"picture": upload, "seed": 5}
    job = queue(db, operation="echo", input=given, attached={"picture": upload}, **toy)
    files.forget_artifact(db, upload, OWNER)
    serve(place, "interactive")
    ended = jobs.get(db, job.id)
    assert (ended.state, ended.error_code) == (State.FAILED, "invalid_input")
    assert ended.error_detail == {"field": "picture"} and "picture" in str(ended.error_message)


def test_a_file_that_the_family_refuses_names_the_field(
    place: Place, db: Database, toy: dict[str, str]
) -> None:
    upload = attach(place, db, b"no picture at all")
    job = queue(db, operation="echo", input={"picture": upload, "seed": 5}, **toy)
    serve(place, "interactive")
    ended = jobs.get(db, job.id)
    assert (ended.state, ended.error_code) == (State.FAILED, "not_an_image")
    assert ended.error_detail == {"field": "picture"}


def cancel_during(monkeypatch: pytest.MonkeyPatch, step: str, db: Database, job: Job) -> None:
    original = getattr(runner, step)

    def with_cancel(work: runner.Batch) -> None:
        original(work)
        jobs.cancel(db, job.id, job.owner_id)

    monkeypatch.setattr(runner, step, with_cancel)


def test_whoever_records_a_cancel_rings_for_the_heir(
    place: Place, db: Database, toy: dict[str, str], bell_of: SilentBell, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, heir = (queue(db, cache_key="c" * 64, input={"seed": 1, "count": 1}, **toy) for _ in range(2))
    assert heir.follows == leader.id
    cancel_during(monkeypatch, "run", db, leader)
    serve(place, "interactive")
    assert states(db, leader, heir)[0] == (State.CANCELED, None)
    assert bell_of.rung == ["interactive"]


@pytest.mark.parametrize("step", ["fetch", "load", "run"])
def test_a_cancel_in_the_middle_wins(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    job, other = generate_job(seed=1), generate_job(seed=2)
    cancel_during(monkeypatch, step, db, job)
    serve(place, "interactive")
    assert states(db, job, other) == [(State.CANCELED, None), (State.SUCCEEDED, None)]
    assert files.job_artifacts(db, job.id) == []


def test_what_was_lost_in_the_middle_writes_nothing(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = generate_job()
    original = runner.run

    def rescued_meanwhile(work: runner.Batch) -> None:
        original(work)
        jobs.requeue(db, work.open[0].lease, Reason.LEASE_EXPIRED)

    monkeypatch.setattr(runner, "run", rescued_meanwhile)
    serve(place, "interactive")
    assert states(db, job) == [(State.QUEUED, None)]
    assert files.job_artifacts(db, job.id) == []


def test_a_full_disk_is_tried_again(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = generate_job()

    def no_room(data: bytes) -> None:
        raise StorageFull("the disk is full")

    monkeypatch.setattr(place.store, "put", no_room)
    serve(place, "interactive")
    waiting = jobs.get(db, job.id)
    assert (waiting.state, waiting.reason, waiting.attempt) == (State.QUEUED, "retry", 1)
    assert waiting.not_before > 0


def test_a_database_that_returns_gets_the_result(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = generate_job()
    original, calls = jobs.succeed, []

    def away_first(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) < 3:
            raise Unavailable("away")
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "succeed", away_first)
    serve(place, "interactive")
    assert states(db, job) == [(State.SUCCEEDED, None)]
    assert len(calls) == 3


def test_a_commit_whose_answer_was_lost_counts_once(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = generate_job()
    original, calls = jobs.succeed, []

    def committed_but_silent(*arguments: object) -> object:
        calls.append(arguments)
        done = original(*arguments)  # type: ignore[arg-type]
        if len(calls) == 1:
            raise Unavailable("the connection broke after COMMIT")
        return done

    monkeypatch.setattr(jobs, "succeed", committed_but_silent)
    serve(place, "interactive")
    assert states(db, job) == [(State.SUCCEEDED, None)]
    assert len(files.job_artifacts(db, job.id, ("output",))) == 1


def test_what_does_not_fit_fails_alone_and_learns_what_would(
    place: Place, db: Database, generate_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ToyEngine.generate

    def with_little_room(engine: ToyEngine, loaded: ToyLoaded, requests: Sequence[Request]) -> Iterator[Part]:
        if sum(int(request.input["count"]) for request in requests) > 5:
            raise MemoryError
        return whole(engine, loaded, requests)

    monkeypatch.setattr(ToyEngine, "generate", with_little_room)
    small, large, other = (generate_job(seed=n, count=count) for n, count in ((1, 3), (2, 16), (3, 2)))
    assert serve(place, "interactive") is True
    assert states(db, small, large, other) == [
        (State.SUCCEEDED, None),
        (State.FAILED, "out_of_memory"),
        (State.SUCCEEDED, None),
    ]
    told = jobs.get(db, large.id)
    assert told.error_detail == {"fits": {"count": 4}, "field": "count"}
    assert "4 would fit" in str(told.error_message)


def test_what_a_batch_took_is_learned(place: Place, db: Database, generate_job: Make) -> None:
    made = generate_job(hold_ms=60, count=2)
    serve(place, "interactive")
    place.stopwatch.flush(db)
    known = speeds.learned(db, str(made.version_id), "generate")
    assert known is not None and 0.03 <= known.p50 < 5


def test_a_version_in_memory_is_served_first_but_not_for_ever(
    place: Place, db: Database, generate_job: Make
) -> None:
    place.settings = place.settings.model_copy(update={"affinity_seconds": 60.0})
    generate_job(seed=0)
    serve(place, "interactive")
    model, other = toy_version(db, place.store, seed=5)
    cold = queue(db, input={"seed": 1, "count": 1}, batch_key=other, model_id=model, version_id=other)
    warm = generate_job(seed=2)
    serve(place, "interactive")
    assert states(db, warm, cold) == [(State.SUCCEEDED, None), (State.QUEUED, None)]
    generate_job(seed=3)
    with db.begin() as connection:
        waited = table.c.created_at - place.settings.affinity_seconds
        connection.execute(update(table).where(table.c.id == cold.id).values(created_at=waited))
    serve(place, "interactive")
    assert states(db, cold) == [(State.SUCCEEDED, None)]
