"""What every artifact store promises; a new store joins the parameter list."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.artifacts import FolderStore, Store, open_store
from shared.errors import ArtifactDamaged, ConfigurationError, StorageFull
from tests.support.builders import files_under

MAKERS: dict[str, Callable[[Path], Store]] = {"folder": FolderStore}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MAKERS[request.param](tmp_path / "store")


def test_a_file_is_named_by_its_hash_and_read_back(store: Store) -> None:
    blob = store.put(b"ukiyo-e")
    assert blob.hash == hashlib.sha256(b"ukiyo-e").hexdigest() and blob.size == 7
    assert store.read(blob.hash) == b"ukiyo-e"
    assert store.path(blob.hash).read_bytes() == b"ukiyo-e"
    assert store.exists(blob.hash)
    store.verify(blob.hash)


def test_the_same_content_is_one_file(store: Store) -> None:
    assert store.put(b"same") == store.put(b"same")


def test_a_large_file_is_written_in_pieces(store: Store) -> None:
    with store.stage() as staged:
        for _ in range(5):
            staged.write(b"x" * 300_000)
        blob = staged.commit()
    assert blob.size == 1_500_000 and len(store.read(blob.hash)) == 1_500_000


def test_nothing_is_left_of_a_file_that_was_not_committed(store: Store, tmp_path: Path) -> None:
    with store.stage() as staged:
        staged.write(b"half")
    with pytest.raises(RuntimeError, match="stop"), store.stage() as staged:
        staged.write(b"half")
        raise RuntimeError("stop")
    assert files_under(tmp_path) == []


def test_commit_happens_once(store: Store) -> None:
    with store.stage() as staged:
        staged.write(b"once")
        staged.commit()
        with pytest.raises(ValueError, match="already"):
            staged.commit()


def test_a_new_folder_is_flushed_with_the_one_it_lies_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path / "store")
    flushed: list[Path] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        flushed.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    folder = store.path(store.put(b"first").hash).parent
    assert flushed[1:] == [folder, store.root]
    flushed.clear()
    store.put(b"first")
    assert flushed[1:] == [folder]


def test_a_missing_file_is_damage_not_a_crash(store: Store) -> None:
    with pytest.raises(ArtifactDamaged):
        store.read("0" * 64)
    assert not store.exists("0" * 64)
    store.delete("0" * 64)


def test_a_changed_file_is_noticed(store: Store) -> None:
    blob = store.put(b"original")
    store.path(blob.hash).write_bytes(b"forged!!")
    with pytest.raises(ArtifactDamaged):
        store.verify(blob.hash)


def test_delete_removes_the_file(store: Store) -> None:
    blob = store.put(b"gone")
    store.delete(blob.hash)
    assert not store.exists(blob.hash)


def test_files_are_listed_by_the_first_digits_with_their_dates(store: Store) -> None:
    before = store.clock()
    blob = store.put(b"listed")
    (kept,) = store.listed(blob.hash[:2])
    assert kept.name == kept.hash == blob.hash and before <= kept.put_at <= store.clock()
    assert list(store.listed("00")) == []


def test_the_trash_keeps_a_file_until_it_is_erased(store: Store) -> None:
    blob = store.put(b"judged")
    (kept,) = store.listed(blob.hash[:2])
    store.trash(blob.hash)
    store.trash(blob.hash)
    assert not store.exists(blob.hash)
    (trashed,) = store.trashed()
    assert (trashed.hash, trashed.put_at) == (blob.hash, kept.put_at)
    store.erase(trashed.name)
    store.erase(trashed.name)
    assert store.trashed() == [] and not store.exists(blob.hash)
    store.restore(trashed.name)


def test_what_is_restored_is_there_again_and_fresh(store: Store) -> None:
    blob = store.put(b"restored")
    put_at = next(store.listed(blob.hash[:2])).put_at
    store.trash(blob.hash)
    (trashed,) = store.trashed()
    store.restore(trashed.name)
    store.verify(blob.hash)
    assert next(store.listed(blob.hash[:2])).put_at > put_at and store.trashed() == []


def test_a_file_put_again_is_not_replaced_by_its_old_self(store: Store) -> None:
    blob = store.put(b"twice")
    store.path(blob.hash).write_bytes(b"damaged")
    store.trash(blob.hash)
    store.put(b"twice")
    (trashed,) = store.trashed()
    store.restore(trashed.name)
    store.verify(blob.hash)
    assert store.trashed() == []


def test_a_renewed_file_is_as_good_as_put_now(store: Store) -> None:
    blob = store.put(b"renewed")
    put_at = next(store.listed(blob.hash[:2])).put_at
    store.renew(blob.hash)
    assert next(store.listed(blob.hash[:2])).put_at > put_at
    with pytest.raises(ArtifactDamaged):
        store.renew("0" * 64)


def test_staged_files_that_stand_still_are_cleared(store: Store) -> None:
    with store.stage() as staged:
        staged.write(b"half")
        assert store.clear_staged(store.clock() - 60) == 0
        assert store.clear_staged(store.clock() + 60) == 1


def test_a_file_is_dated_by_its_commit_not_by_its_last_byte(store: Store) -> None:
    with store.stage() as staged:
        staged.write(b"a slow upload")
        time.sleep(0.05)
        clock = store.clock()
        blob = staged.commit()
    assert next(store.listed(blob.hash[:2])).put_at >= clock


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 63 + "/"])
def test_only_hashes_name_files(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path(name)


def test_writers_of_the_same_content_do_not_disturb_each_other(store: Store, tmp_path: Path) -> None:
    threads = [threading.Thread(target=store.put, args=(b"z" * 100_000,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files_under(tmp_path)) == 1


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    # A limit on the size of files makes the kernel refuse the write, as a full disk does.
    code = f"""
import resource, signal
from pathlib import Path
from shared.artifacts import FolderStore
from shared.errors import StorageFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = FolderStore(Path({str(tmp_path / "full")!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.put(b"x" * 5_000_000)
except StorageFull as error:
    print(error.code, error.retryable)
store.put(b"small")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["storage_full", "True"]
    assert [path.stat().st_size for path in files_under(tmp_path / "full")] == [5]
    assert StorageFull.status == 503


def test_a_store_is_opened_by_url(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}/a%20b")
    store.put(b"x")
    assert (tmp_path / "a b").is_dir()
    with pytest.raises(ConfigurationError, match="ATELIER_STORE_URL"):
        open_store("ftp://example")
