"""What a file is by its first bytes. The web looks no further: decoding is the worker's, in a child."""

from collections.abc import Collection

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
#: The media type of notes, and how the names of such files end.
MIDI = "audio/midi"
_MIDI_NAMES = (".mid", ".midi")
#: Recordings, told apart to be refused by name.
_SOUNDS: tuple[tuple[bytes, str], ...] = (
    (b"ID3", "MP3"),
    (b"\xff\xfb", "MP3"),
    (b"\xff\xf3", "MP3"),
    (b"\xff\xf1", "AAC"),
    (b"\xff\xf9", "AAC"),
    (b"ADIF", "AAC"),
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
        return MIDI
    return next((media for mark, media in _PICTURES if head.startswith(mark)), None)


def require(head: bytes, name: str, field: str, accept: Collection[str] = ()) -> str:
    """The media type of an upload called ``name``; ``accept`` are the types wanted, where they are known.

    Raises:
        BadFile: ``empty_file`` for nothing at all, ``not_midi`` for a recording, and for anything
            unknown that is named .mid or given where MIDI alone is wanted, ``not_an_image`` for what else is
            neither picture nor MIDI nor zip.
    """
    if not head:
        raise BadFile(f"{name} is empty: it has no bytes at all.", code="empty_file", field=field)
    media = media_type(head)
    if media is None:
        raise _unknown(head, name, field, accept)
    return media


def _unknown(head: bytes, name: str, field: str, accept: Collection[str]) -> BadFile:
    if sound := _sound(head):
        return BadFile(
            f"{name} is a recording ({sound}). Atelier reads notes: save it as MIDI.",
            code="not_midi",
            field=field,
        )
    named = name.lower().endswith(_MIDI_NAMES) and (not accept or MIDI in accept)
    if named or set(accept) == {MIDI}:
        return BadFile(f"{name} is no MIDI file, whatever its name says.", code="not_midi", field=field)
    return BadFile(
        f"{name} is neither a picture (PNG, JPEG, WebP, GIF, BMP, TIFF) nor MIDI nor a zip, "
        "whatever its name says.",
        code="not_an_image",
        field=field,
    )


def _sound(head: bytes) -> str | None:
    """What recording begins with ``head``; None for anything else."""
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "WAV"
    if head[4:8] == b"ftyp" and head[8:11] in (b"M4A", b"M4B", b"mp4", b"iso"):
        return "MPEG-4"
    return next((name for mark, name in _SOUNDS if head.startswith(mark)), None)
