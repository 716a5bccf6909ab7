"""Compressed data that says the same thing many times, made without compressing it many times."""

from __future__ import annotations

import zlib

END = b"\x03\x00"


def repeated(block: bytes, count: int) -> bytes:
    """A raw deflate stream (RFC 1951) of `count` times `block`: a full flush makes each piece stand alone."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (pack.compress(block) + pack.flush(zlib.Z_FULL_FLUSH)) * count + END


def repeated_zlib(block: bytes, count: int) -> bytes:
    """The same with the header and checksum of a zlib stream (RFC 1950)."""
    checksum = 1
    for _ in range(count):
        checksum = zlib.adler32(block, checksum)
    return b"\x78\xda" + repeated(block, count) + checksum.to_bytes(4, "big")
