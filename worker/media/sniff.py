"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import struct

PICTURES = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
#: Recordings: no notes can be read from them.
SOUNDS = ("WAV", "AIFF", "MP3", "Ogg", "FLAC", "AAC", "MPEG-4")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"gimp xcf", "GIMP"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"MThd", "MIDI"),
    (b"ID3", "MP3"),
    (b"OggS", "Ogg"),
    (b"fLaC", "FLAC"),
)
ARCHIVES = ("zip", "gzip", "7-Zip", "RAR", "xz", "bzip2", "zstd", "tar")


def kind(head: bytes) -> str:
    """The name of the format that `head` (the first 1 KiB, or all there is) begins; "" when none is known."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if (found := _container(head)) or (found := _stream(head)):
        return found
    if head[:2] == b"BM" and len(head) >= 18 and head[14:18] in _BMP_HEADERS:
        return "BMP"
    if head[257:262] == b"ustar":
        return "tar"
    return _text_kind(head)


_CONTAINERS = {
    (b"RIFF", b"WEBP"): "WEBP",
    (b"RIFF", b"WAVE"): "WAV",
    (b"FORM", b"AIFF"): "AIFF",
    (b"FORM", b"AIFC"): "AIFF",
}


def _container(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "MPEG-4" if head[8:11] in (b"M4A", b"M4B", b"mp4", b"iso", b"das") else "HEIC or AVIF"
    return _CONTAINERS.get((head[:4], head[8:12]), "")


def _stream(head: bytes) -> str:
    """Sound without a container, by the header of its first frame (ISO 11172-3, 13818-7)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    if head[1] & 0xF6 == 0xF0:
        return "AAC"
    # Layer III with a bit rate and a sampling rate that exist.
    layer3 = head[1] & 0x06 == 0x02 and head[1] & 0x18 != 0x08
    return "MP3" if layer3 and head[2] >> 4 != 0xF and head[2] & 0x0C != 0x0C else ""


_BMP_HEADERS = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))


def _text_kind(head: bytes) -> str:
    if not head or b"\x00" in head:
        return ""
    low = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in low:
        return "SVG"
    if low.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    printable = sum(byte >= 32 or byte in b"\t\n\r\f" for byte in head)
    return "text" if printable == len(head) else ""


def looks_cut(name: str, data: bytes) -> bool:
    """Whether a picture of the format `name` lacks its own end, which tells a broken upload from a damaged
    file.
    """
    if name == "PNG":
        return b"IEND" not in data
    if name == "JPEG":
        return b"\xff\xd9" not in data[2:]
    if name == "GIF":
        return b";" not in data[-2:]
    if name in ("WEBP", "BMP") and len(data) >= 8:
        declared = (
            struct.unpack_from("<I", data, 4)[0] + 8
            if name == "WEBP"
            else struct.unpack_from("<I", data, 2)[0]
        )
        return bool(declared > len(data))
    return len(data) < 8


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a WebP header, or None.

    Pillow allocates the whole canvas while it opens a WebP file, so the size has to be known before that.
    Layout after RFC 9649, sections 2.5 to 2.7.
    """
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if chunk == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None
