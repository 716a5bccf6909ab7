"""A hostile Standard MIDI File to a score on the grid. Runs in the limited child.

``midi_structure`` walks the file first and hands on a clean one; symusic pairs its notes. Codes of refusal,
stable: ``empty_file``; ``not_midi`` (a recording or anything else, whatever its name); ``file_too_large``;
``midi_format`` (format 2); ``midi_division`` (zero, or film frames); ``midi_tempo`` (zero, or beyond any
music); ``midi_too_many_tracks``; ``midi_too_many_events``; ``midi_truncated`` (the file ends too early);
``midi_lying_length`` (a track's stated length does not fit its events); ``midi_too_long``; ``no_notes``;
``damaged_midi`` (anything else that does not hold together).
"""

from __future__ import annotations

import numpy as np
from symusic.core import ScoreTick, TrackTick

from shared.errors import BadFile
from worker.music.midi_grid import Grid, quantised
from worker.music.midi_limits import MidiLimits
from worker.music.midi_structure import Structure, examine
from worker.music.midi_times import Times, times_of
from worker.music.reading import Reading
from worker.music.score import Key, Note, Part, Score

_SHARPS = 7
_MODES = ("major", "minor")


def read_midi(data: bytes, limits: MidiLimits | None = None) -> Reading:
    """The piece in a file's bytes, its parts as the file has them, and what had to be changed.

    Several tempi become the one at which the whole lasts as long; of several meters and keys the first is
    kept. Bars of silence before the first note are left out.

    Raises:
        BadFile: with a code of the list above.
    """
    limits = limits or MidiLimits()
    found = examine(data, limits)
    if not found.strikes:
        raise BadFile("There is no note in the MIDI file.", code="no_notes")
    times = times_of(found, limits)
    grid = Grid(found.division)
    try:
        tracks = [track for track in ScoreTick.from_midi(found.clean).tracks if len(track.notes)]
    except (RuntimeError, ValueError) as error:
        raise BadFile("The MIDI file is damaged and cannot be read.", code="damaged_midi") from error
    parts = [_part(track, found, grid) for track in tracks]
    if not parts:
        raise BadFile("No note in the MIDI file ever ends.", code="no_notes")
    score = _trimmed(Score(tuple(parts), times.tempo, times.meter, times.pickup, _key(found), _title(found)))
    remarks = [*found.remarks, *times.remarks, *_remarks(found, grid)]
    return Reading(score, _original(found, times, score), grid.error(times.tempo), remarks)


def _part(track: TrackTick, found: Structure, grid: Grid) -> Part:
    columns = track.notes.numpy()
    starts, ends = columns["time"].astype(np.int64), columns["duration"].astype(np.int64)
    ends += starts
    notes = quantised(starts, ends, columns["pitch"], columns["velocity"], grid)
    place = int(track.name)
    name = found.names[place] or f"Part {found.sounding.index(place) + 1}"
    return Part(name, tuple(notes), int(track.program), bool(track.is_drum))


def _title(found: Structure) -> str:
    """The first track's name is that of the piece (RP-001), unless it is one of several that sound."""
    if not found.names or (found.sounding[0] == 0 and len(found.sounding) > 1):
        return ""
    return found.names[0]


def _key(found: Structure) -> Key | None:
    for _, sharps, mode in found.keys:
        if abs(sharps) <= _SHARPS and mode < len(_MODES):
            return Key((sharps * 7 + 9 * mode) % 12, "minor" if mode else "major")
    return None


def _trimmed(score: Score) -> Score:
    """The piece from the bar in which its first note begins."""
    first = min(part.notes[0].start for part in score.parts)
    if first < score.pickup or first < score.bar:
        return score
    shift = score.bar_start(score.bar_of(first))
    parts = tuple(
        Part(
            part.name,
            tuple(Note(note.start - shift, note.pitch, note.duration, note.velocity) for note in part.notes),
            part.program,
            part.drums,
        )
        for part in score.parts
    )
    return Score(parts, score.tempo, score.meter, 0, score.key, score.title)


def _remarks(found: Structure, grid: Grid) -> list[str]:
    keys = {mark[1:] for mark in found.keys}
    told = [
        (len(keys) - 1 if keys else 0, "It has more than one key signature; the first was kept."),
        (found.strikes - grid.notes, "{} of its notes never end and were left out."),
        (grid.lengthened, "{} of its notes had no length on the grid and were made a tick long."),
        (grid.merged, "{} of its notes struck a pitch of their part that was struck already; one was kept."),
        (grid.cut, "{} of its notes were cut where the same pitch is struck again."),
    ]
    return [text.format(count) for count, text in told if count > 0]


def _original(found: Structure, times: Times, score: Score) -> dict[str, object]:
    return {
        "format": found.format,
        "division": found.division,
        "tracks": len(found.names),
        "notes": found.strikes,
        "tempo": times.tempo,
        "tempos": len(found.tempos),
        "meter": "{}/{}".format(*times.meter) if times.named else None,
        "key": None if score.key is None else score.key.name,
        "seconds": round(times.seconds, 3),
    }
