"""A work's bytes, as pixels or as a score."""

from __future__ import annotations

from pathlib import Path

from shared.errors import BadFile, InvalidInput
from worker.family import Request
from worker.media.one_midi import read_one_midi
from worker.music.midi_in import read_midi
from worker.music.score import SIXTEENTH, Score
from worker.vision.reading import read_picture

from .pictures import Levels
from .traits import MUSIC, PAINTING

#: A longer piece would keep a worker for minutes.
MOST_NOTES, MOST_SIXTEENTHS = 20_000, 1 << 16
#: How a MIDI file begins, alone or in a RIFF file.
_MIDI = (b"MThd", b"RIFF")
_RIFF_MIDI = b"RMID"

Work = Levels | Score


def media_of(data: bytes) -> str:
    """What the first bytes of a file say it is: music when they are those of a MIDI file, else a picture."""
    riff = data.startswith(_MIDI[1]) and data[8:12] == _RIFF_MIDI
    return MUSIC if data.startswith(_MIDI[0]) or riff else PAINTING


def read_item(path: Path, media: str, *, spare: bool = False) -> Work | None:
    """A work of a data set or of the gallery, which was read and cleaned before; None when it is of another
    medium, or too long, or ``spare`` and cannot be read.

    Raises:
        BadFile: it cannot be read.
    """
    data = path.read_bytes()
    if media_of(data) != media:
        return None
    try:
        if media == PAINTING:
            return read_picture(data, "dataset", foreign=False)
        score = read_midi(data).score
    except BadFile:
        if spare:
            return None
        raise
    return None if _too_long(score) else score


def read_work(request: Request, field: str) -> Work:
    """The work that a job names.

    Raises:
        BadFile: it cannot be read, naming the field.
        InvalidInput: there is none (``missing_field``), or it is too long (``too_long``).
    """
    data = request.files.get(field)
    if data is None:
        raise InvalidInput("Choose a picture or a MIDI file.", field=field, code="missing_field")
    if media_of(data) == MUSIC:
        score = read_one_midi(data, field=field).score
        if _too_long(score):
            raise InvalidInput(
                f"The piece is too long: {MOST_NOTES} notes in {MOST_SIXTEENTHS} sixteenths are the most.",
                field=field,
                code="too_long",
            )
        return score
    return read_picture(data, field, foreign=field in request.foreign)


def read_made(data: bytes, media: str) -> Work:
    """A work that a maker has just made. Raises BadFile when it is of another medium."""
    if media_of(data) != media:
        raise BadFile("What the maker made is no work of this kind.", code="wrong_media")
    return read_picture(data, "maker", foreign=False) if media == PAINTING else read_midi(data).score


def _too_long(score: Score) -> bool:
    notes = sum(len(part.notes) for part in score.parts)
    return notes > MOST_NOTES or score.end > MOST_SIXTEENTHS * SIXTEENTH
