"""A file by its content: of several with the same bytes the work comes first, what was sent last."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from shared import jobs
from shared.artifacts import Store
from shared.database import Database
from shared.errors import NotFound
from shared.files import UPLOAD, artifact_by_hash, get_artifact, insert_artifact
from shared.jobs import NewArtifact
from shared.lifecycle import Reason
from shared.migrate import OWNER
from shared.tables import artifacts, owners
from tests.support.builders import queue, take

DATA = b"the same bytes"
#: Kinds of files, those that are taken first in front: made here, of a data set, beside a work, sent, sent to
#: become a data set.
KINDS = ("output", "item", "thumbnail", "upload", "ingested")
ORDERS = [KINDS[place:] + KINDS[:place] for place in range(len(KINDS))]


@pytest.fixture
def job_id(db: Database) -> str:
    job = queue(db)
    (taken,) = take(db)
    jobs.requeue(db, taken.lease, Reason.DRAINED)
    return job.id


def record(db: Database, store: Store, kind: str, job_id: str, owner: str = OWNER, data: bytes = DATA) -> str:
    role = UPLOAD if kind in ("upload", "ingested") else kind
    of_job = job_id if kind in ("output", "ingested") else None
    new = NewArtifact(role, f"{kind}.png", "image/png", store.put(data))
    with db.begin() as connection:
        return insert_artifact(connection, new, owner_id=owner, job_id=of_job)


@pytest.mark.parametrize("order", [*ORDERS, *(order[::-1] for order in ORDERS)])
def test_whatever_came_first_works_go_before_what_was_sent(
    db: Database, store: Store, job_id: str, order: tuple[str, ...]
) -> None:
    ids = {kind: record(db, store, kind, job_id) for kind in order}
    hash = store.put(DATA).hash
    found = []
    for kind in KINDS:
        taken = artifact_by_hash(db, hash, OWNER)
        found.append(taken.id)
        assert get_artifact(db, taken.id, OWNER) == taken and taken.hash == hash
        with db.begin() as connection:
            connection.execute(artifacts.delete().where(artifacts.c.id == ids[kind]))
    assert found == [ids[kind] for kind in KINDS]
    with pytest.raises(NotFound):
        artifact_by_hash(db, hash, OWNER)


def test_of_two_of_a_kind_the_first_is_taken(db: Database, store: Store, job_id: str) -> None:
    for kind in KINDS:
        data = kind.encode()
        first = record(db, store, kind, job_id, data=data)
        record(db, store, kind, job_id, data=data)
        assert artifact_by_hash(db, store.put(data).hash, OWNER).id == first


def test_anothers_file_and_another_content_are_not_found(db: Database, store: Store, job_id: str) -> None:
    with db.begin() as connection:
        connection.execute(insert(owners).values(id="somebody", title="Somebody", created_at=0.0))
    hash = store.put(DATA).hash
    theirs = record(db, store, "item", job_id, owner="somebody")
    for wanted, owner in ((hash, OWNER), ("0" * 64, "somebody"), (hash[:12], "somebody"), ("", OWNER)):
        with pytest.raises(NotFound) as caught:
            artifact_by_hash(db, wanted, owner)
        assert wanted[:12] in caught.value.message
    assert artifact_by_hash(db, hash, "somebody").id == theirs
