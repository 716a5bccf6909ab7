"""What came from outside stays only as long as the job that reads it, on SQLite and on PostgreSQL alike."""

import pytest
from sqlalchemy import func, select, update

from shared import files, garbage, jobs
from shared.database import Database, now
from shared.errors import BadFile, InvalidInput, QuotaExceeded
from shared.files import Artifact
from shared.jobs import NewArtifact, Result
from shared.migrate import OWNER
from shared.tables import artifacts
from shared.tables import jobs as jobs_table
from tests.conftest import both_stores
from tests.support.builders import blob, new_job, queue, take

pytestmark = both_stores


@pytest.mark.parametrize("end", ["succeed", "fail", "cancel", "rescue"])
def test_an_upload_goes_with_the_job_that_reads_it(db: Database, end: str) -> None:
    texts = ("read once", "kept elsewhere")
    sent = [NewArtifact("upload", text, "image/png", blob(text)) for text in texts]
    uploads = files.record_uploads(db, sent, OWNER)
    (kept,) = files.record_uploads(db, [NewArtifact("upload", "mine", "image/png", blob(texts[1]))], OWNER)
    job = queue(db, uploads=tuple(upload.id for upload in uploads), max_attempts=1)
    assert len(files.job_artifacts(db, job.id)) == 2
    unneeded: list[str]
    if end == "cancel":
        unneeded = jobs.cancel(db, job.id, OWNER)[1].unneeded
    else:
        (held,) = take(db, lease=0.0 if end == "rescue" else 30.0)
        if end == "succeed":
            _, unneeded = jobs.succeed(db, [(held.lease, Result())])
        elif end == "fail":
            unneeded = jobs.fail(db, held.lease, BadFile("no picture"))
        else:
            unneeded = jobs.rescue(db).unneeded
    assert unneeded == [], "the same bytes may just be coming again: the garbage collection judges them"
    assert garbage.unreferenced(db, [blob(text).hash for text in texts]) == [blob(texts[0]).hash]
    assert files.job_artifacts(db, job.id) == []
    assert files.get_artifact(db, kept.id).name == "mine"


def sent(db: Database, *texts: str) -> list[Artifact]:
    new = [NewArtifact("upload", text, "audio/midi", blob(text)) for text in texts]
    return files.record_uploads(db, new, OWNER)


def a_day_later(db: Database) -> int:
    """How many uploads are forgotten once all that are there are old."""
    with db.begin() as connection:
        old = now() - garbage.UPLOAD_SECONDS - 60
        connection.execute(update(artifacts).where(artifacts.c.role == "upload").values(created_at=old))
    return garbage.forget_uploads(db)


def count_jobs(db: Database) -> int:
    with db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(jobs_table)).scalar_one())


@pytest.mark.parametrize("end", ["queued", "succeed", "fail", "cancel"])
def test_what_an_input_names_stays_whatever_becomes_of_the_job(db: Database, end: str) -> None:
    primer, melody, other = sent(db, "primer", "melody", "other")
    job = queue(db, attached={"primer": primer.id, "melody": melody.id})
    if end == "cancel":
        jobs.cancel(db, job.id, OWNER)
    elif end != "queued":
        (held,) = take(db)
        if end == "succeed":
            jobs.succeed(db, [(held.lease, Result())])
        else:
            jobs.fail(db, held.lease, BadFile("no piece"))
    assert a_day_later(db) == 1
    assert files.get_artifact(db, primer.id).job_id is None, "it is no job's own: another may name it too"
    assert files.get_artifact(db, melody.id).name == "melody"
    assert garbage.unreferenced(db, [one.hash for one in (primer, melody, other)]) == [other.hash]


def test_what_two_inputs_name_is_named_as_well_as_by_one(db: Database) -> None:
    (primer,) = sent(db, "primer")
    for _ in range(2):
        queue(db, attached={"primer": primer.id, "melody": primer.id})
    assert a_day_later(db) == 0


@pytest.mark.parametrize("gone", ["forgotten", "read by an ingest", "another owner's", "no upload"])
def test_a_request_that_names_what_cannot_be_kept_is_refused(db: Database, gone: str) -> None:
    (primer,) = sent(db, "primer")
    if gone == "forgotten":
        files.forget_artifact(db, primer.id, OWNER)
    elif gone == "read by an ingest":
        queue(db, uploads=(primer.id,))
    else:
        changed = {"role": "output"} if gone == "no upload" else {"owner_id": "somebody"}
        with db.begin() as connection:
            if "owner_id" in changed:
                connection.exec_driver_sql(
                    "INSERT INTO owners (id, title, weight, created_at) VALUES ('somebody', 'S', 1, 0)"
                )
            connection.execute(update(artifacts).where(artifacts.c.id == primer.id).values(**changed))
    before = count_jobs(db)
    with pytest.raises(InvalidInput) as refused:
        queue(db, attached={"primer": primer.id})
    assert (refused.value.field, refused.value.code) == ("primer", "unknown_work")
    assert count_jobs(db) == before


def test_a_request_that_is_refused_keeps_nothing(db: Database) -> None:
    (primer,) = sent(db, "primer")
    queue(db)
    with pytest.raises(QuotaExceeded):
        jobs.submit(db, new_job(attached={"primer": primer.id}), max_queued=1)
    assert a_day_later(db) == 1


def test_a_request_that_is_answered_from_an_earlier_one_keeps_its_files_too(db: Database) -> None:
    first, second, third = sent(db, "primer", "the same primer", "once more")
    queue(db, cache_key="c" * 64, attached={"primer": first.id})
    follower = queue(db, cache_key="c" * 64, attached={"primer": second.id})
    assert follower.follows is not None
    (held,) = take(db)
    jobs.succeed(db, [(held.lease, Result())])
    cached = queue(db, cache_key="c" * 64, attached={"primer": third.id})
    assert cached.cached_from == held.id
    assert a_day_later(db) == 0


def test_a_failed_request_is_tried_again_with_its_files(db: Database) -> None:
    (primer,) = sent(db, "primer")
    job = queue(db, input={"primer": primer.id}, attached={"primer": primer.id})
    (held,) = take(db)
    jobs.fail(db, held.lease, BadFile("not now"))
    assert a_day_later(db) == 0
    again = jobs.retry(db, job.id, OWNER)
    assert again.created and again.job.input == {"primer": primer.id}
