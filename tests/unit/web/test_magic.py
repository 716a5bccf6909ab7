import pytest

from shared.errors import BadFile
from tests.unit.web.pictures import png
from web.magic import media_type, require


@pytest.mark.parametrize(
    ("head", "media"),
    [
        (png()[:16], "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 12, "image/jpeg"),
        (b"GIF89a" + b"\0" * 10, "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"BM" + b"\0" * 14, "image/bmp"),
        (b"II*\0" + b"\0" * 12, "image/tiff"),
        (b"MM\0*" + b"\0" * 12, "image/tiff"),
        (b"PK\x03\x04" + b"\0" * 12, "application/zip"),
        (b"PK\x05\x06" + b"\0" * 12, "application/zip"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MT", "audio/midi"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"ID3\4" + b"\0" * 12, None),
        (b"<svg xmlns='http", None),
        (b"%!PS-Adobe-3.0 E", None),
        (b"just some text..", None),
        (b"\x89PN", None),
    ],
)
def test_tells_by_the_first_bytes(head: bytes, media: str | None) -> None:
    assert media_type(head) == media


def test_an_empty_file_has_its_own_code() -> None:
    with pytest.raises(BadFile) as refused:
        require(b"", "nothing.png", "files")
    assert (refused.value.code, refused.value.field) == ("empty_file", "files")
    assert "nothing.png" in refused.value.message


def test_a_text_named_as_a_picture_is_refused_by_name() -> None:
    with pytest.raises(BadFile) as refused:
        require(b"hello", "cat.png", "files")
    assert refused.value.code == "not_an_image"
    assert "cat.png" in refused.value.message


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
        (b"ID3\4" + b"\0" * 12, "MP3"),
        (b"\xff\xfb\x90\0" + b"\0" * 12, "MP3"),
        (b"\xff\xf1\x50\x80" + b"\0" * 12, "AAC"),
        (b"\xff\xf9\x50\x80" + b"\0" * 12, "AAC"),
        (b"ADIF" + b"\0" * 12, "AAC"),
        (b"OggS" + b"\0" * 12, "Ogg"),
        (b"fLaC" + b"\0" * 12, "FLAC"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "MPEG-4"),
    ],
)
def test_a_recording_is_refused_as_one(head: bytes, name: str) -> None:
    with pytest.raises(BadFile) as refused:
        require(head, "song.mid", "melody")
    assert (refused.value.code, refused.value.field) == ("not_midi", "melody")
    assert f"song.mid is a recording ({name})" in refused.value.message


@pytest.mark.parametrize(
    ("name", "accept", "code"),
    [
        ("song.mid", (), "not_midi"),
        ("Song.MIDI", (), "not_midi"),
        ("song.mid", ("image/png", "audio/midi"), "not_midi"),
        ("song.txt", ("audio/midi",), "not_midi"),
        ("song.mid", ("image/png",), "not_an_image"),
        ("song.txt", ("image/png", "audio/midi"), "not_an_image"),
        ("song.mid.txt", (), "not_an_image"),
    ],
)
def test_what_is_unknown_is_called_after_what_is_wanted(
    name: str, accept: tuple[str, ...], code: str
) -> None:
    with pytest.raises(BadFile) as refused:
        require(b"just some text..", name, "melody", accept)
    assert (refused.value.code, refused.value.field) == (code, "melody")
    assert name in refused.value.message
    assert require(b"MThd\0\0\0\6\0\1\0\1\1\xe0MT", name, "melody", accept) == "audio/midi"
