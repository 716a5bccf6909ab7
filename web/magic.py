"""What a file is by its first bytes. The web looks no further: decoding is the worker's, in a child."""

from shared.errors import BadFile

#: Bytes needed to tell.
SNIFF_BYTES = 16

_PICTURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_MUSIC = b"MThd"
#: Recordings, told apart to be refused by name.
_SOUNDS: tuple[tuple[bytes, str], ...] = (
    (b"ID3", "MP3"),
    (b"\xff\xfb", "MP3"),
    (b"\xff\xf3", "MP3"),
    (b"OggS", "Ogg"),
    (b"fLaC", "FLAC"),
    (b"FORM", "AIFF"),
)
_ARCHIVES: tuple[bytes, ...] = (b"PK\x03\x04", b"PK\x05\x06")


def media_type(head: bytes) -> str | None:
    """The media type of a file that begins with ``head``; None for what Atelier does not take."""
    if any(head.startswith(mark) for mark in _ARCHIVES):
        return "application/zip"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(_MUSIC):
        return "audio/midi"
    return next((media for mark, media in _PICTURES if head.startswith(mark)), None)


def require(head: bytes, name: str, field: str) -> str:
    """The media type of an upload called ``name``.

    Raises:
        BadFile: ``empty_file`` for nothing at all, ``not_midi`` for a recording, ``not_an_image`` for what
            else is neither picture nor MIDI nor zip.
    """
    if not head:
        raise BadFile(f"{name} is empty: it has no bytes at all.", code="empty_file", field=field)
    media = media_type(head)
    if media is None and (sound := _sound(head)):
        raise BadFile(
            f"{name} is a recording ({sound}). Atelier reads notes: save it as MIDI.",
            code="not_midi",
            field=field,
        )
    if media is None:
        raise BadFile(
            f"{name} is neither a picture (PNG, JPEG, WebP, GIF, BMP, TIFF) nor MIDI nor a zip, "
            "whatever its name says.",
            code="not_an_image",
            field=field,
        )
    return media


def _sound(head: bytes) -> str | None:
    """What recording begins with ``head``; None for anything else."""
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "WAV"
    if head[4:8] == b"ftyp" and head[8:11] in (b"M4A", b"M4B", b"mp4", b"iso"):
        return "MPEG-4"
    return next((name for mark, name in _SOUNDS if head.startswith(mark)), None)
