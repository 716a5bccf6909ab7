"""What came from outside stays only as long as the job that reads it, on SQLite and on PostgreSQL alike."""

import pytest

from shared import files, garbage, jobs
from shared.database import Database
from shared.errors import BadFile
from shared.jobs import NewArtifact, Result
from shared.migrate import OWNER
from tests.conftest import both_stores
from tests.support.builders import blob, queue, take

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
