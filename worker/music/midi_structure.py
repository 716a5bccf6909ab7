"""What a Standard MIDI File says about itself, checked before a library parses it (MIDI 1.0, RP-001).

The chunks are walked event by event: lengths must fit the file and the events in them, and everything is
counted against its cap as it is met, so a lie or a bomb costs no more than the cap. What comes out is written
again as a file that has tracks and nothing else, each with its own end; only that is parsed further.

Raised everywhere: BadFile with one of the codes that ``midi_in`` lists.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.errors import BadFile
from worker.media import sniff
from worker.music.midi_limits import MidiLimits
from worker.music.midi_track import TrackWalk

_HEADER = 14
_LONGEST_TICK = (1 << 31) - 1


@dataclass
class Structure:
    """What the walk found. Times are ticks of the file.

    ``strikes`` counts the notes that begin, ``end`` is where the last note event lies. ``clean`` is the file
    to parse: its tracks are named by their places in ``names``, as "0", "1" ...
    """

    format: int
    division: int
    names: list[str] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    keys: list[tuple[int, int, int]] = field(default_factory=list)
    sounding: list[int] = field(default_factory=list)
    strikes: int = 0
    events: int = 0
    end: int = 0
    clean: bytes = b""
    remarks: list[str] = field(default_factory=list)


def examine(data: bytes, limits: MidiLimits) -> Structure:
    """Walk a whole file; the lists of the structure are in the order of time."""
    found, at, stated = _header(data, limits)
    bodies: list[bytes] = []
    while len(data) - at >= 8:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8])
        if kind == b"MTrk":
            if len(bodies) == limits.tracks:
                raise _too_many_tracks(limits)
            bodies.append(_track(data, at + 8, length, found, limits))
        elif not _is_chunk(kind):
            if len(bodies) < stated:
                raise _lying(len(bodies))
            break
        at += 8 + length
    if not bodies and stated:
        raise BadFile("The MIDI file ends before its first track.", code="midi_truncated")
    if len(bodies) != stated:
        found.remarks.append(f"Its header speaks of {stated} tracks; there are {len(bodies)}.")
    for marks in (found.tempos, found.meters, found.keys):
        marks.sort(key=lambda mark: mark[0])
    found.clean = b"".join(
        (b"MThd", (6).to_bytes(4), data[8:10], len(bodies).to_bytes(2), data[12:14], *bodies)
    )
    return found


def _header(data: bytes, limits: MidiLimits) -> tuple[Structure, int, int]:
    """The structure to fill, where the first chunk begins, and how many tracks the header speaks of."""
    if not data:
        raise BadFile("The file is empty.", code="empty_file")
    if data[:4] != b"MThd":
        raise _not_midi(data)
    if len(data) > limits.nbytes:
        raise BadFile(
            f"The MIDI file has {len(data) >> 20} MiB; {limits.nbytes >> 20} is the most.",
            code="file_too_large",
        )
    if len(data) < _HEADER:
        raise BadFile("The MIDI file ends within its header.", code="midi_truncated")
    length, style, stated, division = (
        int.from_bytes(data[start:stop]) for start, stop in ((4, 8), (8, 10), (10, 12), (12, 14))
    )
    if length < 6 or style > 2:
        raise BadFile("The header of the MIDI file is damaged.", code="damaged_midi")
    if style == 2:
        raise BadFile(
            "The MIDI file holds separate patterns (format 2), not one piece. Save it as format 0 or 1.",
            code="midi_format",
        )
    if division == 0 or division & 0x8000:
        what = "no ticks a quarter note" if division == 0 else "its time in film frames, not in quarter notes"
        raise BadFile(f"The MIDI file has {what}; it cannot be laid on a grid.", code="midi_division")
    if stated > limits.tracks:
        raise _too_many_tracks(limits)
    return Structure(style, division), 8 + length, stated


def _track(data: bytes, at: int, length: int, found: Structure, limits: MidiLimits) -> bytes:
    """The chunk of a good track, to parse further; what it tells is added to ``found``."""
    place = len(found.names)
    walk = TrackWalk(data[at : at + length], limits.events - found.events)
    try:
        walk.run()
    except IndexError:
        # An event runs on behind the bytes of its track.
        raise (_cut(place) if at + length > len(data) else _lying(place)) from None
    except BadFile as error:
        raise BadFile(f"Track {place + 1}: {error.message}", code=error.code) from None
    if at + length > len(data):
        raise _lying(place) if walk.ended else _cut(place)
    rest = data[at + walk.length : at + length]
    if b"MTrk" in rest:
        raise _lying(place)
    if rest or not walk.ended:
        found.remarks.append(f"Track {place + 1} does not end where it says it does.")
    if walk.tick > _LONGEST_TICK:
        raise BadFile("The piece is far too long.", code="midi_too_long")
    found.names.append(walk.name)
    found.events += walk.events
    found.strikes += walk.strikes
    found.end = max(found.end, walk.last_note)
    found.tempos += walk.tempos
    found.meters += walk.meters
    found.keys += walk.keys
    if walk.strikes:
        found.sounding.append(place)
    return walk.clean(str(place))


def _is_chunk(kind: bytes) -> bool:
    """Whether these could be the letters of a chunk; unknown ones are skipped, as the standard asks."""
    return all(0x20 <= byte < 0x7F for byte in kind)


def _cut(place: int) -> BadFile:
    return BadFile(
        f"The MIDI file ends within track {place + 1}: it is cut off. Upload it again.", code="midi_truncated"
    )


def _lying(place: int) -> BadFile:
    return BadFile(
        f"The MIDI file lies about the length of track {place + 1}; it is damaged.", code="midi_lying_length"
    )


def _too_many_tracks(limits: MidiLimits) -> BadFile:
    return BadFile(
        f"The MIDI file has more than {limits.tracks} tracks, which is the most.",
        code="midi_too_many_tracks",
    )


def _not_midi(data: bytes) -> BadFile:
    kind = sniff.kind(data[:1024])
    if kind in sniff.SOUNDS:
        message = f"This is a {kind} sound, not MIDI. Atelier reads notes, not recordings: save it as MIDI."
    elif kind:
        message = f"This is {kind}, not MIDI."
    else:
        message = "This is not a MIDI file, whatever its name says."
    return BadFile(message, code="not_midi")
