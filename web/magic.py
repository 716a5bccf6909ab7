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
_ARCHIVES: tuple[bytes, ...] = (b"PK\x03\x04", b"PK\x05\x06")


def media_type(head: bytes) -> str | None:
    """The media type of a file that begins with ``head``; None for what Atelier does not take."""
    if any(head.startswith(mark) for mark in _ARCHIVES):
        return "application/zip"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media for mark, media in _PICTURES if head.startswith(mark)), None)


def require(head: bytes, name: str, field: str) -> str:
    """The media type of an upload called ``name``.

    Raises:
        BadFile: ``empty_file`` for nothing at all, ``not_an_image`` for what is neither picture nor zip.
    """
    if not head:
        raise BadFile(f"{name} is empty: it has no bytes at all.", code="empty_file", field=field)
    media = media_type(head)
    if media is None:
        raise BadFile(
            f"{name} is neither a picture (PNG, JPEG, WebP, GIF, BMP, TIFF) nor a zip, "
            "whatever its name says.",
            code="not_an_image",
            field=field,
        )
    return media
