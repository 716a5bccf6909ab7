"""One child's place over the toy family, in this process: SQLite, a folder, a bell that only remembers."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from shared import jobs
from shared.artifacts import Store
from shared.database import Database
from shared.jobs import Job
from shared.settings import Settings
from tests.support.builders import queue
from tests.support.workers import toy_version
from worker import devices
from worker.registry import discover
from worker.serving.place import Place
from worker.weights import WeightsCache


@dataclass
class SilentBell:
    """Remembers who rang."""

    rung: list[str] = field(default_factory=list)
    nudged: list[str] = field(default_factory=list)

    def ring(self, lane: str) -> bool:
        self.rung.append(lane)
        return True

    def nudge(self, *job_ids: str) -> bool:
        self.nudged += job_ids
        return True


@pytest.fixture
def place(db: Database, store: Store, settings_for: Callable[..., Settings]) -> Place:
    return Place(
        settings=settings_for(families="tests.families.toy", checkpoint_seconds=1000),
        db=db,
        store=store,
        bell=SilentBell(),
        registry=discover("tests.families.toy"),
        device=devices.cpu(),
        worker_id="w1",
        lanes=("interactive", "ingest", "training"),
        cache=WeightsCache(1_000_000),
    )


@pytest.fixture
def bell_of(place: Place) -> SilentBell:
    assert isinstance(place.bell, SilentBell)
    return place.bell


@pytest.fixture
def toy(db: Database, store: Store) -> dict[str, str]:
    """The ids of a toy model and its version, as fields of a new job."""
    model, version = toy_version(db, store)
    return {"model_id": model, "version_id": version}


@pytest.fixture
def generate_job(db: Database, toy: dict[str, str]) -> Callable[..., Job]:
    """Queue a generate job; keywords go into its input."""

    def make(**given: object) -> Job:
        return queue(db, input={"seed": 1, "count": 1} | given, batch_key=toy["version_id"], **toy)

    return make


@pytest.fixture
def train_job(db: Database, toy: dict[str, str]) -> Callable[..., Job]:
    """Queue a training; keywords go into its input."""

    def make(**given: object) -> Job:
        complete = {"steps": 20, "step_ms": 0, "seed": 1, "snapshot_every": 10} | given
        return queue(db, lane="training", operation="train", model_id=toy["model_id"], input=complete)

    return make


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts renewals, so that tests wait for them and not for a time."""
    counted = threading.Semaphore(0)
    original = jobs.heartbeat

    def heartbeat(*arguments: object, **options: object) -> object:
        try:
            return original(*arguments, **options)  # type: ignore[arg-type]
        finally:
            counted.release()

    monkeypatch.setattr(jobs, "heartbeat", heartbeat)
    return counted
