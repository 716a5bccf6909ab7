"""Scores as Standard MIDI Files (MIDI 1.0, RP-001), written by hand: the same score gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from worker.music.midi_bytes import TEXT, meta, texts, variable
from worker.music.recipe_text import MARK, recipe_of, recipe_text
from worker.music.score import TICKS, Note, Part, Score
from worker.music.spelling import fifths

#: Ticks of a quarter in the file: what most programs write, and a whole number of grid ticks.
DIVISION = 480

_SCALE = DIVISION // TICKS
_DRUMS = 9
_NAME, _END, _TEMPO, _METER, _KEY = 0x03, 0x2F, 0x51, 0x58, 0x59

#: A message in its track: grid tick, bytes.
_Message = tuple[int, bytes]


def write_midi(score: Score, recipe: Mapping[str, Any] | None = None) -> bytes:
    """A format 1 file: a track for tempo, meter, key, title and ``recipe``, then one a part.

    The recipe is JSON in a text event. Up to 15 parts have a channel each; of more, those of one program
    share one. A pickup is a first bar of its own, shorter meter. A note struck again while it sounds ends
    there: a channel has each pitch once.

    Raises:
        ValueError: a tempo under 3.6 quarters a minute, a meter whose lower number is not a power of two.
    """
    channels = _channels(score.parts)
    tracks = [_track(_conductor(score, recipe), score.end)]
    tracks += [
        _track(_part(part, channel), part.end) for part, channel in zip(score.parts, channels, strict=True)
    ]
    head = b"MThd" + (6).to_bytes(4) + (1).to_bytes(2) + len(tracks).to_bytes(2) + DIVISION.to_bytes(2)
    return head + b"".join(tracks)


def recipe_in_midi(data: bytes) -> dict[str, Any] | None:
    """The recipe that ``write_midi`` put into a file; None where there is none or the file is broken."""
    try:
        for text in texts(data):
            if text.startswith(MARK):
                return recipe_of(text)
    except (IndexError, KeyError, ValueError):
        return None
    return None


def sounding(notes: Sequence[Note]) -> list[Note]:
    """The notes as one channel can play them: a pitch ends where it is struck again, once at a time."""
    by_pitch: dict[int, dict[int, Note]] = {}
    for note in sorted(notes):
        if note.duration > 0:
            # Sorted: of notes struck at once the longest comes last and stays.
            by_pitch.setdefault(note.pitch, {})[note.start] = note
    kept = []
    for struck in by_pitch.values():
        for note, after in pairwise(struck.values()):
            kept.append(
                Note(note.start, note.pitch, min(note.duration, after.start - note.start), note.velocity)
            )
        kept.append(list(struck.values())[-1])
    return sorted(kept)


def _conductor(score: Score, recipe: Mapping[str, Any] | None) -> list[_Message]:
    micros = round(60_000_000 / score.tempo)
    if not 0 < micros < 1 << 24:
        raise ValueError(f"MIDI has no tempo of {score.tempo} quarters a minute")
    messages = []
    if score.title:
        messages.append((0, meta(_NAME, score.title.encode())))
    if recipe is not None:
        messages.append((0, meta(TEXT, MARK + recipe_text(recipe))))
    messages.append((0, meta(_TEMPO, micros.to_bytes(3))))
    short = _short_meter(score)
    if short is not None:
        messages.append((0, _meter(*short)))
    if score.key is not None:
        mode = 1 if score.key.mode == "minor" else 0
        messages.append((0, meta(_KEY, fifths(score.key).to_bytes(1, signed=True) + bytes([mode]))))
    messages.append((0 if short is None else score.pickup, _meter(*score.meter)))
    return messages


def _short_meter(score: Score) -> tuple[int, int] | None:
    """The meter of the incomplete first bar; None without one, or where no meter says it (a triplet)."""
    unit = score.meter[1]
    while score.pickup and unit <= 32:
        if score.pickup * unit % (4 * TICKS) == 0:
            return score.pickup * unit // (4 * TICKS), unit
        unit *= 2
    return None


def _meter(upper: int, lower: int) -> bytes:
    if lower < 1 or lower & (lower - 1) or not 0 < upper < 256:
        raise ValueError(f"MIDI has no meter of {upper}/{lower}")
    # A metronome clicks once a beat: three eighths in 6/8. MIDI counts 24 clocks a quarter.
    clocks = 96 // lower * (3 if lower >= 8 and upper % 3 == 0 else 1)
    return meta(_METER, bytes([upper, lower.bit_length() - 1, max(1, clocks), 8]))


def _part(part: Part, channel: int) -> list[_Message]:
    messages = [(0, meta(_NAME, part.name.encode()))] if part.name else []
    messages.append((0, bytes([0xC0 | channel, part.program])))
    played: list[tuple[int, int, int, bytes]] = []
    for note in sounding(part.notes):
        loud = max(1, min(127, note.velocity))
        played.append((note.start, 1, note.pitch, bytes([0x90 | channel, note.pitch, loud])))
        # At one tick ends come before beginnings: a repeated pitch is struck anew.
        played.append((note.end, 0, note.pitch, bytes([0x80 | channel, note.pitch, 0])))
    return messages + [(tick, message) for tick, _, _, message in sorted(played)]


def _channels(parts: Sequence[Part]) -> list[int]:
    """The channel of each part; drums are on the tenth."""
    free = [channel for channel in range(16) if channel != _DRUMS]
    pitched = [place for place, part in enumerate(parts) if not part.drums]
    if len(pitched) <= len(free):
        given = dict(zip(pitched, free, strict=False))
        return [given.get(place, _DRUMS) for place in range(len(parts))]
    programs = sorted({parts[place].program for place in pitched})
    # Neighbours among programs are of one family of instruments: those are the ones to share.
    shared = {
        program: free[n * len(free) // max(len(free), len(programs))] for n, program in enumerate(programs)
    }
    return [_DRUMS if part.drums else shared[part.program] for part in parts]


def _track(messages: Sequence[_Message], end: int) -> bytes:
    body, before = bytearray(), 0
    for tick, message in [*messages, (max(end, messages[-1][0]), meta(_END, b""))]:
        body += variable((tick - before) * _SCALE) + message
        before = tick
    return b"MTrk" + len(body).to_bytes(4) + bytes(body)
