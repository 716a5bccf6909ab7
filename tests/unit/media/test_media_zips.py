"""Every way a zip can be hostile, refused with its code; honest ones read exactly."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import BadFile
from tests.hostile import zips
from worker.media.limits import Limits
from worker.media.zips import ZipReader

LIMITS = Limits()
WORDS = b"some honest bytes that compress, compress, compress " * 20
STORED = zipfile.ZIP_STORED


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload.zip"


def read_all(path: Path, data: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    path.write_bytes(data)
    reader = ZipReader(path, limits)
    return {entry.name: reader.read(entry) for entry in reader.entries()}


def code(path: Path, data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(BadFile) as caught:
        read_all(path, data, limits)
    return caught.value.code


@pytest.mark.parametrize("method", (STORED, zipfile.ZIP_DEFLATED))
def test_an_honest_zip_is_read_exactly_and_ordered_by_name(path: Path, method: int) -> None:
    files = {
        "b/two.png": WORDS,
        "a/one.png": bytes(200_000),
        "empty.png": b"",
        "\u753b/\u6d6e\u4e16\u7d75.png": b"x",
    }
    found = read_all(path, zips.zipped(files, method))
    assert found == files
    assert list(found) == sorted(files)


def test_content_larger_than_a_read_comes_out_whole(path: Path) -> None:
    noise = random.Random(1).randbytes(300_000)
    assert read_all(path, zips.zipped({"noise.png": noise + bytes(500_000)}))["noise.png"] == noise + bytes(
        500_000
    )


def test_a_zip_written_as_a_stream_is_read(path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", WORDS)
    assert read_all(path, bytes(pipe.data)) == {"a.png": WORDS}


def test_what_desktops_leave_behind_is_not_listed(path: Path) -> None:
    litter = {
        "__MACOSX/._a.png": b"x",
        ".DS_Store": b"x",
        "pics/Thumbs.db": b"x",
        "pics/": b"",
        "pics/a.png": b"ok",
    }
    assert read_all(path, zips.zipped(litter)) == {"pics/a.png": b"ok"}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "a/../../evil.png",
        "/etc/evil.png",
        "..",
        "C:/evil.png",
        "a\\evil.png",
        "a\nb.png",
        "x" * 401,
    ],
)
def test_unsafe_names_are_refused(path: Path, name: str) -> None:
    assert code(path, zips.zipped({"good.png": WORDS, name: WORDS})) == "unsafe_path"


def test_a_name_cut_by_a_nul_is_refused(path: Path) -> None:
    data = zips.zipped({"evilX.png": WORDS}).replace(b"evilX.png", b"evil\x00.png")
    assert code(path, data) == "unsafe_path"


def test_two_dots_inside_a_name_are_no_way_out(path: Path) -> None:
    assert list(read_all(path, zips.zipped({"a..b.png": WORDS}))) == ["a..b.png"]


def test_symbolic_links_are_refused(path: Path) -> None:
    assert code(path, zips.symlink()) == "unsafe_path"


def test_duplicate_names_are_refused(path: Path) -> None:
    assert code(path, zips.zipped([("a.png", b"1"), ("a.png", b"2")])) == "duplicate_name"


@pytest.mark.parametrize(
    "inner", [zips.zipped({"a.png": WORDS}), b"\x1f\x8b\x08rest", b"7z\xbc\xaf\x27\x1crest"]
)
def test_archives_inside_are_refused_whatever_they_are_called(path: Path, inner: bytes) -> None:
    assert code(path, zips.zipped({"a.png": inner})) == "nested_archive"


def test_encrypted_zips_are_refused(path: Path) -> None:
    assert code(path, zips.encrypted("a.png", WORDS)) == "encrypted_zip"


@pytest.mark.parametrize("method", (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
def test_unusual_compression_is_refused(path: Path, method: int) -> None:
    assert code(path, zips.zipped({"a.png": WORDS}, method)) == "unsupported_format"


@pytest.mark.parametrize("data", [b"PK\x05\x06" + bytes(18), zips.zipped({})])
def test_an_empty_zip_is_refused(path: Path, data: bytes) -> None:
    assert code(path, data) == "empty_zip"


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(500), zips.zipped({"a": WORDS})[:-30]])
def test_a_zip_without_its_end_is_no_zip(path: Path, data: bytes) -> None:
    assert code(path, data) == "not_a_zip"


def test_sixty_thousand_entries_are_refused(path: Path) -> None:
    assert code(path, zips.many(60_000)) == "too_many_entries"


def test_sixty_thousand_entries_that_say_they_are_ten_are_refused(path: Path) -> None:
    assert code(path, zips.many(60_000, stated=10)) in ("too_many_entries", "damaged_zip")


def test_as_many_entries_as_allowed_are_listed(path: Path) -> None:
    path.write_bytes(zips.many(500))
    assert len(ZipReader(path, replace(LIMITS, entries=500)).entries()) == 500
    assert code(path, zips.many(501), replace(LIMITS, entries=500)) == "too_many_entries"


def test_a_directory_larger_than_its_cap_is_not_read(path: Path) -> None:
    assert code(path, zips.many(500), replace(LIMITS, directory=10_000)) == "too_many_entries"


@pytest.mark.parametrize("claimed", (10, len(WORDS) - 1))
def test_more_content_than_the_headers_claim_is_refused(path: Path, claimed: int) -> None:
    assert code(path, zips.lying("a.png", WORDS, claimed)) == "zip_bomb"


def test_less_content_than_the_headers_claim_is_refused(path: Path) -> None:
    assert code(path, zips.lying("a.png", WORDS, len(WORDS) + 1)) == "damaged_zip"


def test_a_wrong_checksum_is_refused(path: Path) -> None:
    data = zips.zipped({"a.png": WORDS}, STORED).replace(b"honest", b"HONEST", 1)
    assert code(path, data) == "damaged_zip"


def test_one_entry_far_over_the_ratio_is_refused(path: Path) -> None:
    assert code(path, zips.bomb(20)) == "zip_bomb"


def test_many_entries_under_the_ratio_check_are_refused_by_their_sum(path: Path) -> None:
    parts = {f"{number}.png": bytes(1 << 20) for number in range(20)}
    assert code(path, zips.zipped(parts)) == "zip_bomb"


def test_flat_pictures_that_compress_well_are_no_bomb(path: Path) -> None:
    assert len(read_all(path, zips.zipped({"flat.bmp": bytes(8 << 20)}))["flat.bmp"]) == 8 << 20


def test_what_is_inflated_is_counted_even_when_the_headers_are_modest(path: Path) -> None:
    limits = replace(LIMITS, inflated_free=1000, ratio=1)
    path.write_bytes(zips.zipped({"a.png": WORDS}))
    assert code(path, zips.lying("a.png", bytes(200_000), 900), limits) == "zip_bomb"


def test_overlapping_entries_are_refused(path: Path) -> None:
    assert code(path, zips.overlapping(WORDS)) == "zip_bomb"


def test_two_names_for_one_file_are_refused(path: Path) -> None:
    assert code(path, zips.two_names(WORDS)) == "damaged_zip"


def test_a_zip_behind_other_bytes_is_refused(path: Path) -> None:
    assert code(path, b"PK\x03\x04<script>" + zips.zipped({"a.png": WORDS})) == "damaged_zip"


def test_an_entry_that_runs_into_the_directory_is_refused(path: Path) -> None:
    data = bytearray(zips.zipped({"a.png": WORDS}, STORED))
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<II", data, directory + 20, len(WORDS) + 40, len(WORDS) + 40)
    assert code(path, bytes(data)) == "damaged_zip"


def test_random_damage_gives_content_or_a_code_and_nothing_else(path: Path) -> None:
    whole = zips.zipped({"a/one.png": WORDS, "two.png": random.Random(3).randbytes(500)})
    dice = random.Random(7)
    outcomes: set[object] = set()
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(data)
        try:
            outcomes.add(len(read_all(path, bytes(data))))
        except BadFile as error:
            outcomes.add(error.code)
    assert {"damaged_zip", "unsafe_path"} <= outcomes
