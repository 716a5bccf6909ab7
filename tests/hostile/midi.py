"""MIDI files written byte by byte, and ones that lie, overflow or are something else."""

from __future__ import annotations

import struct
from collections.abc import Sequence

END = b"\x00\xff\x2f\x00"
#: The head of a WAV file with its sound.
WAV = b"RIFF" + struct.pack("<I", 36 + 8) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
WAV += b"data" + struct.pack("<I", 8) + bytes(8)
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" + bytes(413)


def quantity(value: int) -> bytes:
    """A variable-length quantity."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def on(pitch: int, after: int = 0, channel: int = 0, velocity: int = 64) -> bytes:
    """A note begins ``after`` ticks."""
    return quantity(after) + bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, after: int = 0, channel: int = 0) -> bytes:
    """A note ends ``after`` ticks."""
    return quantity(after) + bytes((0x80 | channel, pitch, 0))


def note(pitch: int, length: int, after: int = 0, channel: int = 0) -> bytes:
    """A note of ``length`` ticks."""
    return on(pitch, after, channel) + off(pitch, length, channel)


def meta(kind: int, data: bytes, after: int = 0) -> bytes:
    """A meta event."""
    return quantity(after) + bytes((0xFF, kind)) + quantity(len(data)) + data


def named(name: str | bytes) -> bytes:
    """The name of a track."""
    return meta(0x03, name if isinstance(name, bytes) else name.encode())


def tempo(micros: int, after: int = 0) -> bytes:
    """Microseconds a quarter."""
    return meta(0x51, micros.to_bytes(3), after)


def meter(upper: int, lower: int, after: int = 0) -> bytes:
    """A time signature; ``lower`` is a power of two as people say it."""
    return meta(0x58, bytes((upper, lower.bit_length() - 1, 24, 8)), after)


def key(sharps: int, minor: bool = False, after: int = 0) -> bytes:
    """A key signature; flats are negative."""
    return meta(0x59, sharps.to_bytes(1, signed=True) + bytes((minor,)), after)


def track(body: bytes, *, stated: int | None = None, end: bytes = END) -> bytes:
    """A track chunk; ``stated`` is the length that it claims to have."""
    whole = body + end
    return b"MTrk" + struct.pack(">I", len(whole) if stated is None else stated) + whole


def midi(*tracks: bytes, style: int | None = None, division: int = 96, stated: int | None = None) -> bytes:
    """A file of track chunks; ``stated`` is how many it claims to have."""
    style = (0 if len(tracks) == 1 else 1) if style is None else style
    count = len(tracks) if stated is None else stated
    return b"MThd" + struct.pack(">IHHH", 6, style, count, division) + b"".join(tracks)


def melody(*pitches: int, length: int = 96, head: bytes = b"") -> bytes:
    """A good file: one note after another on one track."""
    return midi(track(head + b"".join(note(pitch, length) for pitch in pitches)))


def many_events(count: int) -> bytes:
    """A good file of two events a note and ``count`` events, six megabytes for two million of them."""
    pair = b"\x00\x3c\x40\x01\x3c\x00"
    return midi(track(on(60) + off(60, 1) + b"\x00\x90\x3c\x40\x01\x3c\x00" + pair * (count // 2 - 2)))


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Each bad file with the code that it is refused with."""
    good = melody(60, 62, 64)
    body = note(60, 96) + note(62, 96)
    return {
        "empty": (b"", "empty_file"),
        "a WAV": (WAV, "not_midi"),
        "an MP3": (MP3, "not_midi"),
        "an Ogg": (b"OggS" + bytes(60), "not_midi"),
        "a FLAC": (b"fLaC" + bytes(60), "not_midi"),
        "a text": (b"no music at all", "not_midi"),
        "only a header": (good[:14], "midi_truncated"),
        "half a header": (good[:11], "midi_truncated"),
        "cut": (good[:-9], "midi_truncated"),
        "header too short": (good[:4] + struct.pack(">I", 4) + good[8:], "damaged_midi"),
        "format 2": (midi(track(body), style=2), "midi_format"),
        "format 9": (midi(track(body), style=9), "damaged_midi"),
        "division 0": (midi(track(body), division=0), "midi_division"),
        "film frames": (midi(track(body), division=0xE728), "midi_division"),
        "tempo 0": (midi(track(tempo(0) + body)), "midi_tempo"),
        "tempo of 60 million": (midi(track(tempo(1) + body)), "midi_tempo"),
        "2 million events": (many_events(2_000_000), "midi_too_many_events"),
        "60,000 tracks": (midi(track(body), style=1, stated=60_000), "midi_too_many_tracks"),
        "300 tracks": (midi(*[track(body)] * 300, stated=200), "midi_too_many_tracks"),
        "track of 4 GiB": (midi(track(body, stated=0xFFFFFFFF)), "midi_lying_length"),
        "track too long": (midi(track(body, stated=200)), "midi_lying_length"),
        "track too short": (midi(track(body, stated=6)), "midi_lying_length"),
        "track over the next": (midi(track(body, stated=40), track(body)), "midi_lying_length"),
        "track of no length": (midi(track(body, stated=0), style=1, stated=2), "midi_lying_length"),
        "years long": (midi(track(note(60, 0x0FFFFFFF)), division=1), "midi_too_long"),
        "no tracks": (midi(stated=0), "no_notes"),
        "no notes": (midi(track(named("silence"))), "no_notes"),
        "notes that never end": (midi(track(on(60) + on(62, 96))), "no_notes"),
        "no status": (midi(track(b"\x00\x3c\x40" + body)), "damaged_midi"),
        "a reset inside": (midi(track(b"\x00\xf3\x01" + body)), "damaged_midi"),
        "an endless number": (midi(track(b"\xff\xff\xff\xff\x7f\x90\x3c\x40" + body)), "damaged_midi"),
        "a pitch of 200": (midi(track(bytes((0, 0x90, 60, 200)) + body)), "damaged_midi"),
    }


def chords(*columns: Sequence[int], length: int = 96) -> bytes:
    """A good file of one track: all pitches of a column begin and end together."""
    body = b""
    for column in columns:
        body += b"".join(on(pitch) for pitch in column)
        body += b"".join(off(pitch, length if place == 0 else 0) for place, pitch in enumerate(column))
    return midi(track(body))
