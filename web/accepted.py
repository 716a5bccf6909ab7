"""What a field takes by its media type, as the schema's ``x-accept`` says; and the words for that."""

import mimetypes
from collections.abc import Collection

from flask import Flask

from shared.errors import InvalidInput
from web.texts import _

#: Endings of files, the same on every machine.
_ENDINGS = mimetypes.MimeTypes()


def check(media_type: str, accept: Collection[str], name: str, field: str) -> None:
    """Refuse what ``field`` does not take.

    Raises:
        InvalidInput: ``wrong_media_type``.
    """
    if media_type not in accept:
        told = {"name": name[:80], "found": kinds([media_type]), "wanted": kinds(accept)}
        text = _("%(name)s is %(found)s; what is wanted here is %(wanted)s.", **told)
        raise InvalidInput(text, field=field, code="wrong_media_type")


def kinds(accept: Collection[str]) -> str:
    """Media types as people call them: "MIDI, PNG"."""
    return ", ".join(media.rpartition("/")[2].removeprefix("x-").upper() for media in accept)


def endings(media_type: str) -> list[str]:
    """How the names of such files end: [".mid", ".midi"]."""
    return _ENDINGS.guess_all_extensions(media_type, strict=False)


def chooser(accept: Collection[str]) -> str:
    """The ``accept`` of a file chooser: the types, and the endings that stand for them."""
    return ",".join(part for media in accept for part in (media, *endings(media)))


def register(app: Flask) -> None:
    """Offer these words to the templates."""
    app.jinja_env.filters.update(kinds=kinds, chooser=chooser)
