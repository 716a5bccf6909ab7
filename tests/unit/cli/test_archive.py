"""What is packed, and how reading is counted."""

import zipfile
from pathlib import Path

import pytest

from cli.archive import CountingReader, packed, works
from shared.errors import BadFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "works"
    (root / "a").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "b.png").write_bytes(b"b")
    (root / "a" / "c.png").write_bytes(b"c" * 5000)
    (root / ".hidden.png").write_bytes(b"h")
    (root / ".git" / "config").write_bytes(b"x")
    (root / "link.png").symlink_to(root / "b.png")
    return root


def test_hidden_files_and_links_stay_here(folder: Path) -> None:
    assert [path.relative_to(folder).as_posix() for path in works(folder)] == ["a/c.png", "b.png"]


def test_the_zip_keeps_folders_and_goes_away(folder: Path) -> None:
    with packed(folder) as archive, zipfile.ZipFile(archive) as made:
        assert made.namelist() == ["a/c.png", "b.png"]
        assert made.read("a/c.png") == b"c" * 5000
    assert not archive.exists()


def test_a_file_is_taken_as_it_is(folder: Path) -> None:
    with packed(folder / "b.png") as archive:
        assert archive == folder / "b.png"
    assert archive.exists()


def test_nothing_to_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no file"), packed(tmp_path):
        raise AssertionError("an empty folder was packed")


def test_every_byte_is_counted_once(folder: Path) -> None:
    counts: list[int] = []
    with CountingReader(folder / "a" / "c.png") as reader:
        reader.on_read = counts.append
        assert reader.size == 5000
        while reader.read(1024):
            pass
    assert sum(counts) == 5000
    assert max(counts) == 1024
