"""Formats are told from bytes; a name decides nothing."""

from __future__ import annotations

import pytest

from tests.hostile import midi, pictures
from worker.media import sniff

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


@pytest.mark.parametrize("name", FORMATS)
def test_each_picture_format_is_known_by_its_content(name: str) -> None:
    assert sniff.kind(pictures.saved(pictures.painting(), name)[:1024]) == name


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (pictures.EPS, "PostScript"),
        (b"\xc5\xd0\xd3\xc6" + bytes(28), "PostScript"),
        (pictures.SVG, "SVG"),
        (b"<svg xmlns='x'>", "SVG"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>", "HTML"),
        (b"just words\n", "text"),
        ("\u4e2d\u6587".encode(), "text"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC or AVIF"),
        (b"PK\x05\x06" + bytes(18), "zip"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (bytes(257) + b"ustar\x00", "tar"),
        (midi.melody(60)[:1024], "MIDI"),
        (midi.WAV, "WAV"),
        (midi.MP3, "MP3"),
        (b"\xff\xfb\x90\x00" + bytes(32), "MP3"),
        (b"\xff\xf1\x50\x80" + bytes(32), "AAC"),
        (b"\xff\xfb\xf0\x00" + bytes(32), ""),
        (b"OggS" + bytes(32), "Ogg"),
        (b"fLaC" + bytes(32), "FLAC"),
        (b"FORM\x00\x00\x00\x00AIFF", "AIFF"),
        (b"\x00\x00\x00\x18ftypM4A ", "MPEG-4"),
        (b"RIFF\x00\x00\x00\x00AVI ", ""),
        (b"", ""),
        (b"\x00\x01\x02\x03\x80\x81", ""),
        (b"BMI am a text that begins with BM", "text"),
    ],
)
def test_other_content_is_named(head: bytes, expected: str) -> None:
    assert sniff.kind(head) == expected


@pytest.mark.parametrize("name", ("PNG", "JPEG", "WEBP", "GIF", "BMP"))
def test_a_cut_file_is_told_from_a_whole_one(name: str) -> None:
    whole = pictures.saved(pictures.painting(), name)
    assert not sniff.looks_cut(name, whole)
    assert sniff.looks_cut(name, whole[: len(whole) // 2])


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"quality": 80}, {"quality": 80, "exif": b"Exif\x00\x00"}]
)
def test_webp_sizes_are_read_from_each_kind_of_header(options: dict[str, object]) -> None:
    data = pictures.saved(pictures.painting(width=123, height=77), "WEBP", **options)
    assert sniff.webp_size(data) == (123, 77)


def test_a_webp_with_alpha_has_its_size_in_the_extended_header() -> None:
    data = pictures.saved(pictures.painting(width=90, height=41).convert("RGBA"), "WEBP", quality=50)
    assert sniff.webp_size(data) == (90, 41)


def test_a_webp_without_a_known_header_has_no_size() -> None:
    assert sniff.webp_size(b"RIFF\x00\x00\x00\x00WEBPABCD" + bytes(14)) is None
    assert sniff.webp_size(pictures.webp_bomb()[:25]) is None
