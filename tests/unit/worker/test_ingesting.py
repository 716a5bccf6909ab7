"""Uploads become a data set, or an error that names why, and nothing is left behind."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shared import datasets, files, jobs
from shared.database import Database
from shared.jobs import Job, NewArtifact
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from tests.families.toy.engine import ToyEngine
from tests.support.builders import queue
from worker.family import Checkin, Ingested, Request
from worker.runner import serve
from worker.serving.place import Place

Upload = Callable[..., str]


@pytest.fixture
def upload(place: Place, db: Database) -> Upload:
    def make(name: str, data: bytes, owner: str = OWNER) -> str:
        blob = place.store.put(data)
        artifact = NewArtifact("upload", name, "application/octet-stream", blob)
        return files.record_uploads(db, [artifact], owner)[0].id

    return make


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where workspaces are made in these tests."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def gather(db: Database, uploads: list[str], **given: object) -> Job:
    return queue(
        db,
        lane="ingest",
        operation="gather",
        input={"name": "My toys", "files": uploads, "hold_ms": 0} | given,
    )


def test_uploads_become_a_data_set(place: Place, db: Database, upload: Upload, scratch: Path) -> None:
    good = [upload("a.bin", b"toy a"), upload("b.bin", b"toy b")]
    job = gather(db, [*good, upload("c.bin", b"no")])
    assert serve(place, "ingest") is True
    ended = jobs.get(db, job.id)
    assert ended.state is State.SUCCEEDED and ended.output is not None, ended.error_message
    dataset = datasets.get_dataset(db, ended.output["dataset"], OWNER)
    assert (dataset.name, dataset.media, dataset.item_count) == ("My toys", "toy", 2)
    assert dataset.report["refused"] == [
        {"name": "c.bin", "code": "not_a_toy", "reason": "this is no toy"}
    ]
    items = datasets.list_items(db, dataset.id)
    assert [place.store.read(item.hash) for item in items] == [b"toy a", b"toy b"]
    assert len(files.job_artifacts(db, job.id, ("thumbnail",))) == 2
    assert list(scratch.iterdir()) == []


def test_the_same_uploads_have_the_same_hash(place: Place, db: Database, upload: Upload) -> None:
    hashes = set()
    for _ in range(2):
        job = gather(db, [upload("a.bin", b"toy a")])
        serve(place, "ingest")
        output = jobs.get(db, job.id).output
        assert output is not None
        hashes.add(datasets.get_dataset(db, output["dataset"], OWNER).hash)
    assert len(hashes) == 1


def test_nothing_usable_fails_at_once(place: Place, db: Database, upload: Upload, scratch: Path) -> None:
    job = gather(db, [upload("a.bin", b"bad")])
    serve(place, "ingest")
    ended = jobs.get(db, job.id)
    assert (ended.state, ended.error_code, ended.attempt) == (State.FAILED, "no_toys", 1)
    assert datasets.list_datasets(db, OWNER) == []
    assert list(scratch.iterdir()) == []


def test_an_upload_that_is_not_there_names_the_field(place: Place, db: Database) -> None:
    job = gather(db, ["nothing"])
    serve(place, "ingest")
    ended = jobs.get(db, job.id)
    assert (ended.error_code, ended.error_detail) == ("invalid_input", {"field": "files"})


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something after the first file of an ingest."""
    original = ToyEngine.ingest

    def ingest(self: ToyEngine, request: Request, workspace: Path, checkin: Checkin) -> Ingested:
        (workspace / "half").write_bytes(b"half made")
        act()
        return original(self, request, workspace, checkin)

    monkeypatch.setattr(ToyEngine, "ingest", ingest)


def test_a_cancel_leaves_nothing(
    place: Place, db: Database, upload: Upload, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = gather(db, [upload("a.bin", b"toy a")])
    monkeypatch.setattr("worker.ingesting.BEAT_SECONDS", 0.0)
    during(monkeypatch, lambda: jobs.cancel(db, job.id, OWNER))
    serve(place, "ingest")
    assert jobs.get(db, job.id).state is State.CANCELED
    assert datasets.list_datasets(db, OWNER) == []
    assert list(scratch.iterdir()) == []


def test_a_drain_hands_it_back(
    place: Place, db: Database, upload: Upload, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = gather(db, [upload("a.bin", b"toy a")])
    during(monkeypatch, place.draining.set)
    serve(place, "ingest")
    waiting = jobs.get(db, job.id)
    assert (waiting.state, waiting.reason, waiting.attempt) == (State.QUEUED, Reason.DRAINED, 0)
    assert list(scratch.iterdir()) == []


def test_people_are_served_between_two_files(
    place: Place,
    db: Database,
    upload: Upload,
    generate_job: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Job] = []
    during(monkeypatch, lambda: made.append(generate_job()))
    monkeypatch.setattr("worker.serving.courtesy.EVERY_SECONDS", 0.0)
    job = gather(db, [upload("a.bin", b"toy a"), upload("b.bin", b"toy b")])
    serve(place, "ingest")
    served, gathered = jobs.get(db, made[0].id), jobs.get(db, job.id)
    assert served.state is gathered.state is State.SUCCEEDED
    assert served.finished_at is not None and gathered.finished_at is not None
    assert served.finished_at < gathered.finished_at
