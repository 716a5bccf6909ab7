"""Files that come inside a request as data URIs: ``data:audio/midi;base64,TVRoZA...``.

They are decoded and looked at as far as their first bytes, and stored only once the request is known to be
in order.
"""

import base64
import binascii
import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from shared.artifacts import Blob
from shared.errors import BadFile, InvalidInput
from web import accepted, magic
from web.context import services

#: Most bytes of one file. What is larger is sent to /v1/files first.
MOST_BYTES = 10 << 20
#: What a request may be longer for the files in it, which are a third longer in base64.
MOST_ENCODED = MOST_BYTES * 4 // 3 + 1024
SCHEME = "data:"


@dataclass(frozen=True, slots=True)
class Inside:
    """A file that came in a request and is not stored yet."""

    name: str
    media_type: str
    data: bytes

    @property
    def blob(self) -> Blob:
        """What the store will call it."""
        return Blob(hashlib.sha256(self.data).hexdigest(), len(self.data))


def read(value: str, field: str, accept: Collection[str] = ()) -> Inside:
    """The file in a data URI; its media type is what its bytes say, whatever the URI does. ``accept`` are the
    types that the field takes.

    Raises:
        InvalidInput: ``bad_data_uri``, it is not in base64. BadFile: ``file_too_large``, or as magic does.
    """
    head, comma, encoded = value[len(SCHEME) :].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise _bad(field)
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _bad(field) from None
    most = min(MOST_BYTES, services().settings.max_upload_mb << 20)
    if len(data) > most:
        raise BadFile(
            f"{field}: a file inside a request has {most:,} bytes at most; send it to /v1/files first",
            code="file_too_large",
            field=field,
        )
    media_type = magic.require(data[: magic.SNIFF_BYTES], field, field, accept)
    ending = next(iter(accepted.endings(media_type)), "")
    return Inside(f"{field}{ending}", media_type, data)


def _bad(field: str) -> InvalidInput:
    return InvalidInput(
        f"{field}: this is no data URI in base64: data:<type>;base64,<bytes>",
        field=field,
        code="bad_data_uri",
    )
