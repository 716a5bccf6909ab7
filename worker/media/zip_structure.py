"""What a zip says about itself, checked before a byte of it is inflated.

The standard library lists the central directory; everything else is done here, because `zipfile` trusts the
sizes and offsets that the archive states about itself. An archive whose structure is unsafe is refused
whole.
"""

from __future__ import annotations

import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.errors import BadFile
from worker.media.limits import Limits

LOCAL = struct.Struct("<4s5H3I2H")
END = struct.Struct("<4s4H2IH")
STORED, DEFLATED = 0, 8


@dataclass(frozen=True)
class Entry:
    """One file of the archive, where it lies and what the directory says about it."""

    name: str
    offset: int
    packed: int
    size: int
    crc: int
    method: int
    raw_name: bytes


def list_entries(path: Path, limits: Limits) -> list[Entry]:
    """The files of the zip at `path`, without folders, in the order of its directory.

    Raises:
        BadFile: not_a_zip, empty_zip, damaged_zip, encrypted_zip, unsafe_path, duplicate_name,
            too_many_entries, zip_bomb or unsupported_format.
    """
    directory_at = _check_end(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        ValueError,
        OverflowError,
        struct.error,
        OSError,
    ) as error:
        raise damaged("the list of its files cannot be read") from error
    if not infos:
        raise BadFile("The zip is empty.", code="empty_zip")
    _check_count(len(infos), limits)
    for info in infos:
        _check_name(info)
        _check_kind(info, limits)
    _check_duplicates(infos)
    with path.open("rb") as file:
        entries = [_locate(file, info) for info in infos]
    _check_overlap(entries, directory_at)
    declared = sum(entry.size for entry in entries)
    if declared > min(limits.inflated, max(limits.inflated_free, limits.ratio * path.stat().st_size)):
        raise BadFile("The zip unpacks to far more than a zip of works does.", code="zip_bomb")
    return [entry for entry in entries if not entry.name.endswith("/")]


def _check_end(path: Path, limits: Limits) -> int:
    """Where the central directory begins, from the end record; checked before anything is read into
    memory.
    """
    nbytes = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, nbytes - END.size - 0xFFFF))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < END.size:
        raise BadFile(
            "The file is not a whole zip; its end is missing. Zip it and upload it again.", code="not_a_zip"
        )
    _, disk, start_disk, here, total, size, offset, comment = END.unpack_from(tail, at)
    end_at = nbytes - len(tail) + at
    if total == 0xFFFF or size == 0xFFFFFFFF or offset == 0xFFFFFFFF or size > limits.directory:
        raise _too_many(limits)
    _check_count(total, limits)
    if disk or start_disk or here != total:
        raise damaged("it is one part of several; upload a single zip")
    if end_at + END.size + comment != nbytes or offset + size != end_at:
        raise damaged("it holds more than its list of files tells")
    return int(offset)


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.entries:
        raise _too_many(limits)


def _too_many(limits: Limits) -> BadFile:
    return BadFile(
        f"The zip lists too many files; at most {limits.entries} are taken. Split it into several data sets.",
        code="too_many_entries",
    )


def _check_name(info: zipfile.ZipInfo) -> None:
    # orig_filename is what the archive says; zipfile cuts `filename` at a NUL.
    name = info.orig_filename
    parts = name.split("/")
    unsafe = (
        not name
        or name.startswith("/")
        or ".." in parts
        or "\\" in name
        or (len(name) > 1 and name[1] == ":")
        or len(name) > 400
        or any(ord(char) < 32 or ord(char) == 127 for char in name)
    )
    if unsafe:
        shown = ascii(name[:80])
        raise BadFile(f"The zip holds a file with the unsafe path {shown}.", code="unsafe_path")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadFile(f"The zip holds “{name}”, which is a link and not a file.", code="unsafe_path")


def _check_kind(info: zipfile.ZipInfo, limits: Limits) -> None:
    if info.flag_bits & 0x2041:
        raise BadFile("The zip is encrypted. Upload it without a password.", code="encrypted_zip")
    if info.compress_type not in (STORED, DEFLATED):
        raise BadFile(
            "The zip uses an unusual compression. Make it with the usual one.", code="unsupported_format"
        )
    if info.file_size > limits.entry:
        raise BadFile(
            f"“{info.filename}” unpacks to {info.file_size >> 20} MiB; {limits.entry >> 20} is the most.",
            code="zip_bomb",
        )
    if info.file_size > limits.inflated_free and info.file_size > limits.ratio * max(1, info.compress_size):
        raise BadFile(f"“{info.filename}” unpacks to far more than a work does.", code="zip_bomb")


def _check_duplicates(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        if info.filename in seen:
            raise BadFile(f"The zip holds two files named “{info.filename}”.", code="duplicate_name")
        seen.add(info.filename)


def _locate(file: BinaryIO, info: zipfile.ZipInfo) -> Entry:
    file.seek(info.header_offset)
    header = file.read(LOCAL.size)
    if len(header) != LOCAL.size or header[:4] != b"PK\x03\x04":
        raise damaged(f"“{info.filename}” is not where the archive says")
    fields = LOCAL.unpack(header)
    flags, method, name_length, extra_length = fields[2], fields[3], fields[9], fields[10]
    raw = file.read(name_length)
    encoding = "utf-8" if flags & 0x800 else "cp437"
    if raw.decode(encoding, "replace") != info.orig_filename or method != info.compress_type:
        raise damaged(f"“{info.filename}” has two names or kinds")
    offset = info.header_offset + LOCAL.size + name_length + extra_length
    return Entry(info.filename, offset, info.compress_size, info.file_size, info.CRC, method, raw)


def _check_overlap(entries: list[Entry], directory_at: int) -> None:
    spans = sorted((e.offset - LOCAL.size - len(e.raw_name), e.offset + e.packed) for e in entries)
    end = 0
    for start, stop in spans:
        if start < end:
            raise BadFile("Files in the zip overlap each other.", code="zip_bomb")
        end = stop
    if end > directory_at:
        raise damaged("a file runs into the list of files")


def damaged(what: str) -> BadFile:
    """The error for an archive that does not hold together; `what` is a clause for people."""
    return BadFile(f"The zip is damaged: {what}.", code="damaged_zip")
