"""Zips that lie, overlap, escape or explode."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from tests.hostile.deflate import repeated

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")


def zipped(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """An honest zip of `files`; pairs may repeat a name."""
    pairs = files.items() if isinstance(files, Mapping) else files
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, data in pairs:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


def local(name: bytes, data: bytes) -> bytes:
    """A local header of a stored file, and its data."""
    sizes = (len(data), len(data))
    return LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, 0, zlib.crc32(data), *sizes, len(name), 0) + name + data


def central(name: bytes, data: bytes, offset: int) -> bytes:
    """A line of the directory for a stored file at `offset`."""
    crc, size = zlib.crc32(data), len(data)
    head = CENTRAL.pack(b"PK\x01\x02", 20, 20, 0, 0, 0, 0, crc, size, size, len(name), 0, 0, 0, 0, 0, offset)
    return head + name


def end(count: int, size: int, offset: int) -> bytes:
    """The end record."""
    return END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


def symlink() -> bytes:
    """A zip whose file is a symbolic link to /etc/passwd."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("cat.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def bomb(mebibytes: int = 300) -> bytes:
    """Zeros: 300 MiB become about 300 kB."""
    name, block, crc = b"a.png", bytes(1 << 20), 0
    for _ in range(mebibytes):
        crc = zlib.crc32(block, crc)
    packed = repeated(block, mebibytes)
    about = (8, 0, 0, crc, len(packed), mebibytes << 20, len(name), 0)
    body = LOCAL.pack(b"PK\x03\x04", 20, 0, *about) + name + packed
    directory = CENTRAL.pack(b"PK\x01\x02", 20, 20, 0, *about, 0, 0, 0, 0, 0) + name
    return body + directory + end(1, len(directory), len(body))


def lying(name: str, data: bytes, claimed: int) -> bytes:
    """A deflated file whose headers both claim the size `claimed`."""
    archive = bytearray(zipped({name: data}))
    directory = archive.index(b"PK\x01\x02")
    struct.pack_into("<I", archive, 22, claimed)
    struct.pack_into("<I", archive, directory + 24, claimed)
    return bytes(archive)


def encrypted(name: str, data: bytes) -> bytes:
    """A zip that says its file is encrypted."""
    archive = bytearray(zipped({name: data}))
    archive[6] |= 1
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


def overlapping(picture: bytes) -> bytes:
    """The file `a.png` holds the whole of the file `b.png`, header and all, as its own data."""
    inner = local(b"b.png", picture)
    outer = local(b"a.png", inner)
    offset_of_inner = len(outer) - len(inner)
    directory = central(b"a.png", inner, 0) + central(b"b.png", picture, offset_of_inner)
    return outer + directory + end(2, len(directory), len(outer))


def many(count: int, stated: int | None = None) -> bytes:
    """`count` empty files, and an end record that states `stated` of them."""
    names = [b"%06d.png" % number for number in range(count)]
    step = LOCAL.size + 10
    body = b"".join(local(name, b"") for name in names)
    directory = b"".join(central(name, b"", step * number) for number, name in enumerate(names))
    return body + directory + end(count if stated is None else stated, len(directory), len(body))


def two_names(data: bytes) -> bytes:
    """A file that is `good.png` in the directory and `../evil.png` in its own header."""
    body = local(b"../evil.png", data)
    directory = central(b"good.png", data, 0)
    return body + directory + end(1, len(directory), len(body))
