"""Small real PNG files, made without an image library."""

import struct
import zlib


def png(width: int = 8, height: int = 8, color: tuple[int, int, int] = (184, 50, 31)) -> bytes:
    """A PNG of one color."""
    rows = b"".join(b"\0" + bytes(color) * width for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
