"""The read queries of shared/views give the same on both stores."""

from pathlib import Path
from typing import Any

import pytest

from shared import files, jobs, library, views
from shared.artifacts import FolderStore
from shared.database import Database
from shared.migrate import OWNER
from tests.conftest import both_stores
from tests.unit.web.seed import Studio

pytestmark = both_stores


@pytest.fixture
def studio(db: Database, tmp_path: Path) -> Studio:
    made = Studio(db, FolderStore(tmp_path / "store"))
    made.announce()
    made.worker()
    return made


def test_works_come_newest_first_in_pages_and_by_filter(studio: Studio) -> None:
    dataset, model = studio.dataset(), studio.model()
    version = studio.version(model, dataset)
    other = studio.model("Other", "other")
    second = studio.version(other, dataset, weights=b"other")
    made = studio.make(model, version, count=3) + studio.make(other, second, count=2)
    made += studio.make(model, version, "neighbours", parent=made[0], count=2)
    page = views.works_page(studio.db, OWNER, limit=4)
    rest = views.works_page(studio.db, OWNER, before=page[-1].artifact.id, limit=10)
    assert [work.artifact.id for work in page + rest] == sorted(made, reverse=True)
    assert {work.artifact.id for work in views.works_page(studio.db, OWNER, model_id=other.id)} == set(
        made[3:5]
    )
    assert len(views.works_page(studio.db, OWNER, version_id=version)) == 5
    assert len(views.works_page(studio.db, OWNER, operation="neighbours")) == 2
    assert views.works_page(studio.db, "somebody else") == []
    assert all(work.thumbnail_id != work.artifact.id for work in page)


def test_a_repeated_request_hangs_once(studio: Studio) -> None:
    model = studio.model()
    version = studio.version(model, studio.dataset())
    for _ in range(2):
        new = jobs.NewJob(
            OWNER, "painter", "generate", "interactive", {"seed": 1}, model.id, version, cache_key="k" * 64
        )
        submitted = jobs.submit(studio.db, new)
        if not submitted.job.finished:
            job = studio.claim("interactive")
            result = jobs.Result({}, (studio.file("output", "a.png", b"png", "image/png"),))
            jobs.succeed(studio.db, [(job.lease, result)])
    assert submitted.job.cached_from is not None
    assert len(views.works_page(studio.db, OWNER)) == 1
    (copy,) = views.files_of_jobs(studio.db, [submitted.job.id], ("output",))[submitted.job.id]
    (work,) = views.works_page(studio.db, OWNER, only=copy.id)
    assert work.artifact.id == copy.id, "who asks for the copy gets it"


def test_works_are_found_by_what_they_or_the_files_beside_them_are(studio: Studio) -> None:
    model = studio.model()
    version = studio.version(model, studio.dataset())
    (plain,) = studio.make(model, version, count=1, latent=False)
    (made,) = studio.make(model, version, count=1)

    def found(**filters: Any) -> set[str]:
        return {work.artifact.id for work in views.works_page(studio.db, OWNER, **filters)}

    assert found(media=["image/png", "audio/midi"]) == {plain, made}
    assert found(media=["audio/midi"]) == set()
    assert found(beside="latent", media=["application/octet-stream"]) == {made}
    assert found(beside="latent", media=["image/png"]) == set()
    assert found(only=plain) == {plain} and found(only=plain, media=["audio/midi"]) == set()
    latent = files.sibling(studio.db, files.get_artifact(studio.db, made), "latent")
    assert found(only=latent.id) == set(), "that is no output"


def test_files_of_versions_data_sets_and_jobs(studio: Studio) -> None:
    dataset, model = studio.dataset(count=6), studio.model()
    version = studio.version(model, dataset)
    found = views.version_files(studio.db, [version], ("sample", "weights"), each=1)[version]
    assert [file.role for file in found] == ["sample", "weights"]
    assert views.version_files(studio.db, [], ("sample",)) == {}
    assert views.latest_versions(studio.db) == {model.id: version}
    assert len(views.item_covers(studio.db, [dataset])[dataset]) == 4
    ingest = jobs.list_page(studio.db, OWNER, lanes=("ingest",))[0]
    assert len(views.thumbnails(studio.db, [ingest.id])) == 6
    assert set(views.thumbnails(studio.db, [ingest.id], (1, 4, 9))) == {(ingest.id, 1), (ingest.id, 4)}
    assert views.thumbnails(studio.db, [ingest.id], ()) == {}
    assert views.files_page(studio.db, OWNER, "upload") == []
    items = views.files_page(studio.db, OWNER, "item", limit=4)
    following = views.files_page(studio.db, OWNER, "item", before=items[-1].id)
    assert len({file.id for file in items + following}) == 6
    assert [
        file.id for file in views.get_artifacts(studio.db, [items[2].id, "nope", items[0].id], OWNER)
    ] == [
        items[2].id,
        items[0].id,
    ]


def test_counts_names_and_times(studio: Studio) -> None:
    model = studio.model()
    version = studio.version(model, studio.dataset())
    studio.make(model, version)
    waiting = studio.ask(model, version, seed=9)
    assert views.run_counts(studio.db) == {model.id: 2}
    assert views.open_counts(studio.db, OWNER) == views.Open(waiting=1, paused=0, running=0)
    jobs.pause(studio.db, waiting.id, OWNER)
    assert views.open_counts(studio.db, OWNER) == views.Open(waiting=0, paused=1, running=0)
    jobs.resume(studio.db, waiting.id, OWNER)
    assert views.model_names(studio.db, [model.id]) == {model.id: "atelier/edo-prints"}
    assert views.model_titles(studio.db, [model.id, "nope"]) == {model.id: "Edo prints"}
    took = views.recent_durations(studio.db, family="painter", operation="generate", version_id=version)
    assert len(took) == 1 and 0 <= took[0] < 60
    assert views.checkpoint_time(studio.db, waiting.id) is None
    job = studio.training(model, library.get_version(studio.db, version).job_id or "")
    assert views.open_counts(studio.db, OWNER) == views.Open(waiting=1, paused=0, running=1)
    studio.grow(job, [], 0.3)
    assert (views.checkpoint_time(studio.db, job.id) or 0) > 1e9
