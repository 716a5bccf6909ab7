"""The starter pack arrives once, whole, whoever else starts at the same moment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from shared.artifacts import FolderStore
from shared.database import Database
from shared.datasets import THUMBNAIL, delete_dataset, list_datasets, list_items
from shared.errors import Unavailable
from shared.files import get_artifact
from shared.migrate import OWNER
from shared.views import item_covers
from tests.conftest import both_stores
from tests.hostile import midi, pictures, zips
from worker.music.midi_in import read_midi
from worker.starter import __main__ as command
from worker.starter import collections, install, installing
from worker.starter.marks import installed
from worker.starter.parts import PACKS, Pack


def tiny(folder: Path) -> tuple[Pack, ...]:
    """Two packs over one archive of six pictures."""
    labels = "file,style\n" + "".join(f"{seed}.png,{'edo' if seed < 2 else 'new'}\n" for seed in range(6))
    files = {f"img/{seed}.png": pictures.saved(pictures.painting(seed)) for seed in range(6)}
    archive = folder / "tiny.zip"
    archive.write_bytes(zips.zipped(files | {"labels.csv": labels.encode()}))
    return (
        Pack("dataset/all", "All", archive, "CC0"),
        Pack("dataset/edo", "Edo", archive, "CC0", only=("style", "edo")),
    )


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Pack, ...]:
    made = tiny(tmp_path)
    monkeypatch.setattr(installing, "PACKS", made)
    monkeypatch.setattr(installing, "MODELS", tmp_path / "no-models")
    return made


def test_missing_parts_are_added_once(db: Database, store: FolderStore, packs: tuple[Pack, ...]) -> None:
    assert install(db, store) == ["dataset/all", "dataset/edo"]
    assert [(one.name, one.item_count) for one in list_datasets(db, OWNER)] == [("Edo", 2), ("All", 6)]
    packs[0].archive.unlink()
    assert install(db, store) == [], "a usual start opens no archive"
    assert len(list_datasets(db, OWNER)) == 2


def test_the_pictures_are_stored_with_labels_and_the_credit_is_told(
    db: Database, store: FolderStore, packs: tuple[Pack, ...]
) -> None:
    install(db, store)
    edo, whole = list_datasets(db, OWNER)
    assert edo.report["credit"] == "CC0"
    assert edo.report["refused"] == []
    items = list_items(db, whole.id)
    assert [item.labels["style"] for item in items] == ["edo", "edo", "new", "new", "new", "new"]
    for item in items:
        store.verify(item.hash)
        assert pictures.opened(store.read(item.hash)).size == (item.width, item.height) == (64, 48)
    assert edo.hash != whole.hash


def test_a_deleted_data_set_does_not_come_back(
    db: Database, store: FolderStore, packs: tuple[Pack, ...]
) -> None:
    install(db, store)
    delete_dataset(db, list_datasets(db, OWNER)[0].id, OWNER)
    assert install(db, store) == []
    assert [one.name for one in list_datasets(db, OWNER)] == ["All"]


@both_stores
def test_two_that_install_at_once_add_each_part_once(
    db: Database, store: FolderStore, packs: tuple[Pack, ...]
) -> None:
    both = threading.Barrier(2)
    added: list[str] = []

    def start() -> None:
        both.wait()
        added.extend(install(db, store))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == ["dataset/all", "dataset/edo"]
    assert sorted(one.name for one in list_datasets(db, OWNER)) == ["All", "Edo"]


@pytest.fixture
def one_pack(packs: tuple[Pack, ...], monkeypatch: pytest.MonkeyPatch) -> Pack:
    monkeypatch.setattr(installing, "PACKS", packs[:1])
    return packs[0]


def test_what_breaks_off_leaves_nothing_and_is_added_later(
    db: Database, store: FolderStore, one_pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise Unavailable("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(collections, "insert_dataset", breaks)
        assert install(db, store) == []
    assert installed(db) == set()
    assert list_datasets(db, OWNER) == []
    assert install(db, store) == ["dataset/all"]


def test_a_damaged_part_keeps_nothing_else_away(
    db: Database, store: FolderStore, one_pack: Pack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(one_pack.archive.read_bytes()[:500])
    damaged = (Pack("dataset/cut", "Cut", cut, "CC0"), one_pack)
    monkeypatch.setattr(installing, "PACKS", damaged)
    assert install(db, store) == ["dataset/all"]


def test_music_is_stored_with_rolls_that_its_pieces_name(
    db: Database, store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "songs.zip"
    songs = {f"midi/{n}.mid": midi.melody(60 + n, 62, 64, length=96 + n) for n in range(3)}
    archive.write_bytes(zips.zipped(songs))
    monkeypatch.setattr(installing, "PACKS", (Pack("dataset/songs", "Songs", archive, "public domain"),))
    monkeypatch.setattr(installing, "MODELS", tmp_path / "no-models")
    assert install(db, store) == ["dataset/songs"]
    (songbook,) = list_datasets(db, OWNER)
    assert (songbook.media, songbook.item_count, songbook.job_id) == ("music", 3, None)
    assert songbook.report["music"]["notes"] == 9
    for item in list_items(db, songbook.id):
        assert read_midi(store.read(item.hash)).score.parts
        roll = get_artifact(db, item.meta[THUMBNAIL], OWNER)
        assert (roll.role, roll.position) == ("thumbnail", item.position)
        assert pictures.opened(store.read(roll.hash)).format == "WEBP"
    covers = item_covers(db, [songbook.id])[songbook.id]
    assert covers == [item.meta[THUMBNAIL] for item in list_items(db, songbook.id)]


def test_the_real_chorales_are_taken_whole(
    db: Database, store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chorales = next(pack for pack in PACKS if pack.key == "dataset/bach-chorales")
    monkeypatch.setattr(installing, "PACKS", (chorales,))
    monkeypatch.setattr(installing, "MODELS", tmp_path / "no-models")
    assert install(db, store) == ["dataset/bach-chorales"]
    (made,) = list_datasets(db, OWNER)
    assert (made.media, made.item_count) == ("music", 305)
    counts = made.report["counts"]
    assert counts["refused"] == counts["duplicates"] == counts["remarks"] == counts["ignored"] == 0
    assert made.report["music"]["voices"] == {"4": 305}
    assert made.report["labels"]["split"]["values"] == {"train": 229, "valid": 76}


def test_no_temporary_file_is_left(
    db: Database, store: FolderStore, one_pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    install(db, store)
    assert list(scratch.iterdir()) == []
    assert list(store.temporary.iterdir()) == []


def test_the_command_adds_the_real_edo_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edo = next(pack for pack in PACKS if pack.only)
    monkeypatch.setattr(installing, "PACKS", (edo,))
    monkeypatch.setattr(installing, "MODELS", tmp_path)
    home = tmp_path / "home"
    assert command.main(["--home", str(home)]) == 0
    db = Database(f"sqlite:///{home / 'atelier.db'}")
    (made,) = list_datasets(db, OWNER)
    assert (made.name, made.item_count) == ("Edo prints", 418)
    assert made.report["counts"]["refused"] == made.report["counts"]["duplicates"] == 0
    assert command.main(["--home", str(home)]) == 0
    db.engine.dispose()
