"""Music from outside the model, made to fit it or refused with what does not fit."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from shared.errors import InvalidInput
from worker.family import Request
from worker.media.one_midi import read_one_midi
from worker.music.score import SIXTEENTH, Note, Part, Score
from worker.music.spelling import note_name
from worker.music.voices import MOST_MERGED, apart, is_line, separate

from .corpus import with_key
from .drafting import MOST_STEPS
from .layouts import encode
from .version import Version
from .voices_layout import VoicesLayout

#: A melody may leave the range in which the model knows the top voice by so many semitones.
TOLERANCE = 5
#: A longer piece would keep a worker for minutes before its first note.
MOST_NOTES = 20_000


def read(request: Request, field: str, most_steps: int = MOST_STEPS) -> Score:
    """The MIDI file behind a field.

    Raises:
        BadFile: it is none that can be read.
        InvalidInput: there is none (``missing_field``), or it is longer than is answered (``too_long``).
    """
    data = request.files.get(field)
    if data is None:
        raise InvalidInput("Choose a MIDI file or an earlier piece.", field=field, code="missing_field")
    score = read_one_midi(data, field=field).score
    notes = sum(len(part.notes) for part in score.parts)
    if score.end > most_steps * SIXTEENTH or notes > MOST_NOTES:
        raise InvalidInput(
            f"The piece has {notes} notes in {score.end // SIXTEENTH} sixteenths; {MOST_NOTES} notes in "
            f"{most_steps} sixteenths are the most.",
            field=field,
            code="too_long",
        )
    return score


def require_voices(version: Version) -> VoicesLayout:
    """The version's layout. Raises InvalidInput when it is none of voices."""
    if not isinstance(version.layout, VoicesLayout):
        raise InvalidInput(
            "This needs a model of voices; this one was trained on free music and can compose and continue.",
            field="version",
            code="needs_voices",
        )
    return version.layout


def fit(score: Score, version: Version, field: str) -> Score:
    """The piece in the parts of the version, with its key. Raises InvalidInput when it does not fit."""
    layout = version.layout
    if isinstance(layout, VoicesLayout):
        score = _in_voices(score, layout.voices, field)
    try:
        encode(score, layout)
    except ValueError as error:
        raise InvalidInput(
            f"The piece does not fit this model: {error}.", field=field, code="out_of_range"
        ) from error
    return with_key(score)


def melody_of(score: Score, version: Version, field: str) -> Score:
    """The highest part of a piece as one line, with its key.

    Raises:
        InvalidInput: (``out_of_range``) it leaves the range in which the model knows the top voice.
    """
    score = apart(score)
    pitched = [part for part in score.parts if part.notes and not part.drums]
    if not pitched:
        raise InvalidInput("The file has no melody.", field=field, code="no_notes")
    top = max(pitched, key=lambda part: sum(note.pitch for note in part.notes) / len(part.notes))
    line = _skyline(top)
    low, high = version.style.ranges[0]
    found = [note.pitch for note in line.notes]
    layout = version.layout
    if min(found) < max(low - TOLERANCE, layout.low) or max(found) > min(high + TOLERANCE, layout.high):
        octaves = round(((low + high) - (min(found) + max(found))) / 24)
        hint = f" Moved {_shift(octaves)} it would fit better." if octaves else ""
        raise InvalidInput(
            f"The melody goes from {note_name(min(found))} to {note_name(max(found))}; this model knows its "
            f"top voice from {note_name(low)} to {note_name(high)}.{hint}",
            field=field,
            code="out_of_range",
        )
    return with_key(replace(score, parts=(line,)))


def _shift(octaves: int) -> str:
    far = "an octave" if abs(octaves) == 1 else f"{abs(octaves)} octaves"
    return f"{'up' if octaves > 0 else 'down'} by {far}"


def _in_voices(score: Score, voices: int, field: str) -> Score:
    pitched = tuple(part for part in score.parts if part.notes and not part.drums)
    if len(pitched) == 1 and voices > 1 and is_line(pitched[0]):
        raise InvalidInput(
            f"The piece is one line; this model writes for {voices} voices. Harmonise it first.",
            field=field,
            code="wrong_voices",
        )
    if len(pitched) == 1 and 2 <= voices <= MOST_MERGED:
        return separate(replace(score, parts=pitched), voices)
    if len(pitched) != voices:
        raise InvalidInput(
            f"The piece has {len(pitched)} parts; this model writes for {voices} voices.",
            field=field,
            code="wrong_voices",
        )
    return separate(replace(score, parts=pitched)) if voices > 1 else replace(score, parts=pitched)


def _skyline(part: Part) -> Part:
    """The highest note of each onset, each ending where the next begins; what begins below a note that sounds
    on belongs to the accompaniment.
    """
    line: list[Note] = []
    for note in sorted(part.notes, key=lambda one: (one.start, -one.pitch)):
        # Who plays legato lets go of a note a little after the next has begun.
        below = line and line[-1].end - note.start >= SIXTEENTH and note.pitch < line[-1].pitch
        if line and (note.start == line[-1].start or below):
            continue
        line.append(note)
    cut = [replace(a, duration=min(a.duration, b.start - a.start)) for a, b in pairwise(line)]
    return replace(part, notes=(*cut, line[-1]))
