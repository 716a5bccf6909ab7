"""What requests share for a moment: never older than it, never about one job, and gone when it changed."""

import threading
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from shared import catalogue, jobs, library, workers
from shared.errors import NotFound, Unavailable
from shared.library import Model
from shared.migrate import OWNER
from shared.owners import set_max_running
from tests.support.builders import queue
from tests.unit.web.seed import WORKER, Studio
from web import moment
from web.context import Services
from web.moment import Moment


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(moment, "monotonic", made)
    return made


def test_answers_are_shared_for_a_moment_and_then_read_again(studio: Studio, clock: Clock) -> None:
    around = Moment(studio.db)
    assert [worker.drain_requested for worker in around.workers()] == [False]
    workers.request_drain(studio.db, WORKER)
    assert [worker.drain_requested for worker in around.workers()] == [False]
    clock.now += moment.SECONDS
    assert [worker.drain_requested for worker in around.workers()] == [True]


def test_each_question_has_its_own_answer(studio: Studio, clock: Clock) -> None:
    around = Moment(studio.db)
    set_max_running(studio.db, OWNER, 1)
    assert not around.at_limit(OWNER) and not around.at_limit("another")
    queue(studio.db, family="painter")
    jobs.claim(
        studio.db, worker_id="w", lanes=["interactive"], families=["painter"], limit=1, lease_seconds=9
    )
    clock.now += moment.SECONDS
    assert around.at_limit(OWNER) and not around.at_limit("another")
    assert len(around.in_service("interactive").running) == 1
    assert around.in_service("training").running == ()


def test_what_failed_is_not_remembered(studio: Studio, clock: Clock) -> None:
    around = Moment(studio.db)
    with pytest.raises(NotFound):
        around.family("ghost")
    description = catalogue.get_family(studio.db, "painter")
    catalogue.announce(studio.db, [catalogue.FamilyDescription("ghost", "1", "G", "g", "none", ())])
    assert around.family("ghost").title == "G"
    assert around.family("painter") == description


@pytest.mark.parametrize(("passed", "reads"), [(moment.SECONDS, 1), (3600.0, 2)], ids=["recent", "old"])
def test_while_one_request_reads_the_others_take_a_recent_answer(
    studio: Studio, clock: Clock, monkeypatch: pytest.MonkeyPatch, passed: float, reads: int
) -> None:
    around = Moment(studio.db)
    around.workers()
    clock.now += passed
    entered, leave = threading.Event(), threading.Event()
    read: Callable[..., list[workers.Worker]] = workers.list_workers
    asked: list[str] = []

    def slow(*given: object) -> list[workers.Worker]:
        asked.append(threading.current_thread().name)
        if len(asked) == 1:
            entered.set()
            assert leave.wait(30)
        return read(studio.db)

    monkeypatch.setattr("shared.forecast.list_workers", slow)
    thread = threading.Thread(target=around.workers)
    thread.start()
    assert entered.wait(30)
    assert len(around.workers()) == 1
    assert len(asked) == reads
    leave.set()
    thread.join()


def test_a_database_that_is_away_is_not_papered_over(
    studio: Studio, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Moment(studio.db)
    around.workers()

    def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr("shared.forecast.list_workers", away)
    for passed in (moment.SECONDS, 0.0, 0.0, moment.SECONDS):
        clock.now += passed
        with pytest.raises(Unavailable):
            around.workers()


def test_versions_and_names_are_read_once(
    studio: Studio, model: Model, version_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Moment(studio.db)
    first = around.version(version_id), around.model(model.id), around.model_names([model.id])
    with pytest.raises(NotFound):
        around.version("0" * 64)
    monkeypatch.setattr(library, "get_version", None)
    monkeypatch.setattr(library, "model_by_id", None)
    monkeypatch.setattr(moment, "model_names", None)
    assert (around.version(version_id), around.model(model.id), around.model_names([model.id])) == first
    assert around.model_names([]) == {}


def test_memory_stays_bounded(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moment, "MOST", 10)
    around = Moment(studio.db)
    for number in range(50):
        around.at_limit(f"owner {number}")
        around.learned(f"subject {number}", "generate")
    assert len(around._lately) <= 10


def test_a_place_in_line_is_never_a_moment_old(
    client: FlaskClient, parts: Services, version_id: str
) -> None:
    """Three requests within a moment: each is told its own place, for that is read from SQL."""
    body = {"version": version_id, "operation": "generate", "input": {}}
    told = [client.post("/v1/predictions", json=body | {"input": {"seed": seed}}).json for seed in range(3)]
    assert [document["position"] for document in told if document] == [1, 2, 3]
