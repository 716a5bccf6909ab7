"""Garbage: what no row names goes after the grace, what a row names or may name soon stays."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from shared import files, garbage, jobs
from shared.artifacts import Blob, FolderStore
from shared.database import Database, now
from shared.errors import ArtifactDamaged
from shared.garbage import PREFIXES, Collected, Collector, collect
from shared.jobs import NewArtifact, NewCheckpoint
from shared.migrate import OWNER
from shared.tables import artifacts, checkpoints, versions
from tests.conftest import both_stores
from tests.support.builders import files_under, queue, take
from tests.support.garbage import GRACE, Meeting, age, collect_all, put_old, record


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@both_stores
def test_what_no_row_names_goes_after_the_grace(db: Database, store: FolderStore) -> None:
    orphan, named, fresh = put_old(store, b"orphan"), put_old(store, b"named"), store.put(b"fresh")
    record(db, named)
    done = collect_all(db, store)
    assert done == Collected(erased=1)
    assert not store.exists(orphan.hash)
    assert store.read(named.hash) == b"named" and store.read(fresh.hash) == b"fresh"
    assert len(files_under(store.root)) == 2


@both_stores
def test_checkpoints_and_versions_name_files_too(db: Database, store: FolderStore) -> None:
    state, weights = put_old(store, b"state"), put_old(store, b"weights")
    queue(db)
    (held,) = take(db)
    jobs.checkpointed(db, held.lease, NewCheckpoint(7, state))
    about = {"family": "toy", "family_version": "1", "size": 7, "config": {}, "card": {}, "created_at": 0.0}
    with db.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO models (id, owner_id, name, title, family, created_at)"
            f" VALUES ('m', '{OWNER}', 'm', 'm', 'toy', 0)"
        )
        connection.execute(insert(versions).values(id=weights.hash, model_id="m", **about))
    assert collect_all(db, store) == Collected()
    with db.begin() as connection:
        connection.execute(delete(checkpoints))
        connection.execute(delete(versions))
    assert collect_all(db, store) == Collected(erased=2)


def test_a_collection_looks_at_one_part_only(db: Database, store: FolderStore) -> None:
    orphan = put_old(store, b"orphan")
    other = next(prefix for prefix in PREFIXES if prefix != orphan.hash[:2])
    assert collect(db, store, prefix=other, grace_seconds=GRACE) == Collected()
    assert collect(db, store, prefix=orphan.hash[:2], grace_seconds=GRACE) == Collected(erased=1)


@pytest.mark.parametrize("moment", ["before", "after"])
@both_stores
def test_a_file_put_again_meanwhile_stays(db: Database, tmp_path: Path, moment: str) -> None:
    store = Meeting(tmp_path / "store")
    blob = put_old(store, b"again")
    setattr(store, moment, lambda: store.put(b"again"))
    collect_all(db, store)
    assert store.read(blob.hash) == b"again" and store.trashed() == []


@pytest.mark.parametrize("moment", ["before", "after"])
@both_stores
def test_a_file_that_a_row_names_meanwhile_goes_back(db: Database, tmp_path: Path, moment: str) -> None:
    store = Meeting(tmp_path / "store")
    blob = put_old(store, b"late")
    setattr(store, moment, lambda: record(db, blob))
    assert collect_all(db, store) == Collected(restored=1)
    assert store.read(blob.hash) == b"late" and store.trashed() == []


def test_a_renewed_file_is_fresh_and_a_missing_one_is_damage(db: Database, store: FolderStore) -> None:
    blob = put_old(store, b"slow")
    store.renew(blob.hash)
    assert collect_all(db, store) == Collected() and store.exists(blob.hash)
    store.trash(blob.hash)
    with pytest.raises(ArtifactDamaged):
        store.renew(blob.hash)


def test_the_trash_of_a_collector_that_died_is_judged_by_the_next(db: Database, store: FolderStore) -> None:
    orphan, named = put_old(store, b"orphan"), put_old(store, b"named")
    record(db, named)
    store.trash(orphan.hash)
    store.trash(named.hash)
    # Any part will do.
    done = collect(db, store, prefix="00", grace_seconds=GRACE)
    assert done == Collected(erased=1, restored=1)
    assert store.read(named.hash) == b"named" and len(files_under(store.root)) == 1


def test_staged_files_of_the_dead_go_after_a_day_whatever_the_grace(db: Database, store: FolderStore) -> None:
    # What kill -9 leaves: nobody discards them.
    for name, seconds in (("staged-old", garbage.STAGED_SECONDS + 60), ("staged-slow", GRACE + 60)):
        (store.temporary / name).write_bytes(b"half")
        age(store.temporary / name, seconds)
    assert collect_all(db, store).staged == 1
    assert [path.name for path in files_under(store.root)] == ["staged-slow"]


@both_stores
def test_what_is_removed_at_once_is_judged_too(db: Database, store: FolderStore) -> None:
    gone, named, other = store.put(b"gone"), store.put(b"named"), store.put(b"other")
    record(db, named)
    garbage.remove(db, store, [gone.hash, named.hash])
    assert not store.exists(gone.hash) and store.exists(named.hash) and store.exists(other.hash)
    assert store.trashed() == []
    garbage.remove(db, store, [])


@both_stores
def test_uploads_that_no_job_took_go_after_a_day(db: Database, store: FolderStore) -> None:
    sent = [NewArtifact("upload", name, "image/png", put_old(store, name.encode())) for name in "abc"]
    old, taken, fresh = files.record_uploads(db, sent, OWNER)
    queue(db, uploads=(taken.id,))
    with db.begin() as connection:
        connection.execute(
            update(artifacts)
            .where(artifacts.c.id.in_([old.id, taken.id]))
            .values(created_at=now() - garbage.UPLOAD_SECONDS - 60)
        )
    assert garbage.forget_uploads(db) == 1
    collect_all(db, store)
    assert [store.exists(file.hash) for file in (old, taken, fresh)] == [False, True, True]


def test_a_collector_walks_the_whole_store_and_begins_again(db: Database, store: FolderStore) -> None:
    blobs = [put_old(store, str(number).encode()) for number in range(300)]
    collector = Collector(db, store, grace_seconds=GRACE)
    assert sum(collector.step().erased for _ in PREFIXES) == len(blobs)
    put_old(store, b"later")
    assert sum(collector.step().erased for _ in PREFIXES) == 1


def test_a_part_that_cannot_be_read_costs_only_itself(
    db: Database, store: FolderStore, caplog: pytest.LogCaptureFixture
) -> None:
    orphan = put_old(store, b"orphan")
    broken = next(prefix for prefix in PREFIXES if prefix != orphan.hash[:2])
    (store.root / broken).write_bytes(b"a file where a folder should be")
    collector = Collector(db, store, grace_seconds=GRACE)
    assert sum(collector.step().erased for _ in PREFIXES) == 1
    assert f"the part {broken}" in caplog.text


@both_stores
def test_collectors_and_writers_at_once_lose_nothing(db: Database, store: FolderStore) -> None:
    over, faults = threading.Event(), list[str]()
    locks = [threading.Lock() for _ in range(3)]

    def write(first: int) -> None:
        turn = first
        while not over.is_set():
            turn += 1
            number = turn % len(locks)
            # A file grows old only while nobody is between putting and committing it.
            with locks[number]:
                blob = store.put(f"content {number}".encode())
                row = record(db, blob)
            if not _there(store, blob):
                faults.append(f"{blob} is lost")
            files.forget_artifact(db, row, OWNER)
            with locks[number], suppress(FileNotFoundError):
                age(store.path(blob.hash), 2 * GRACE)

    def clean() -> None:
        while not over.is_set():
            collect_all(db, store)

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            faults.append(repr(error))
            over.set()

    works: list[Callable[[], None]] = [lambda: write(0), lambda: write(1), clean, clean]
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    over.wait(3)
    over.set()
    for thread in threads:
        thread.join()
    assert faults == []


def _there(store: FolderStore, blob: Blob) -> bool:
    """Whether the file is there; on its way through the trash it may be out of sight for an instant."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if store.exists(blob.hash):
            return True
        time.sleep(0.001)
    return False
